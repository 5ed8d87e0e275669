package safety

import "regexp"

// claim is a kind of statement that only a provider may make: the pattern finds
// it, the part named "fact" is what has to stand in a known text.
type claim struct {
	kind    string
	pattern *regexp.Regexp
}

// claims see the text in lower case, half-width, with single spaces.
var claims = []claim{
	{"order state", regexp.MustCompile(`已经?(为您|帮您|给您)?(?P<fact>发货|发出|寄出|签收|揽收|派送|退款|退回|到账|付款|取消|出库|送达|妥投|受理退款|补发|下单成功)`)},
	{"order state", regexp.MustCompile(`(?P<fact>(还|尚|暂)?(未|没有?)(发货|发出|寄出|签收|付款|退款|到账|出库))`)},
	{"order state", regexp.MustCompile(`(?P<fact>(正在|在)(派送|配送|运输|路上|途中|打包|备货)|运输中|派送中|配送中|待发货|待付款|退款中|备货中|到达.{0,8}(站|中心|仓|网点))`)},
	{"order state", regexp.MustCompile(`\b(has|have|was|were|is|been|already|hasn't|haven't|wasn't|isn't|your order|your parcel|your package|it|got|just)\b.{0,12}\b(?P<fact>shipped|dispatched|delivered|refunded|cancell?ed|paid|out for delivery|in transit|sent out|on its way|on the way)`)},
	{"order state", regexp.MustCompile(`(物流|包裹|快递|快件|订单|系统|状态)(状态|信息)?(显示|更新)(是|为|:)?(?P<fact>已?(揽[收件]|签收|发货|完成|取消|到达|送达|出库|退款|付款|到)|运输(途)?中|派送中|处理中|待[发收付]|在途)`)},
	{"order state", regexp.MustCompile(`订单(目前|现在)?(状态)?(是|为|:)?(?P<fact>(已完成|已关闭|处理中|审核中|待[发收付][货款]))`)},
	{"order state", regexp.MustCompile(`(包裹|快递|快件|货|快递员|骑手)(目前|现在|已经?|正|还)?(?P<fact>在(给|为|往|[^。！？!?；;，,页]{1,8}(站|中心|仓库?|网点|楼下|门口|驿站|柜))|到(了|您|达?[^。！？!?；;，,]{1,8}(站|中心|仓库?|网点|楼下|门口|驿站|柜))|由.{1,6}(承运|配送))`)},
	{"order state", regexp.MustCompile(`已经?(为您|帮您|给您)?(?P<fact>发了|发走|送出|揽件|原路(退回|返回)|退还|退了|审核|通过|批准|改好|修改|登记|处理[好完]|完成|发往|到达|到了)`)},
	{"order state", regexp.MustCompile(`(?P<fact>(昨[天日晚]|前天|今[天日早]|上午|下午|刚刚?)(就|已经?|才)?(给您|帮您)?(发|寄|送|退|揽)(了|出|货|的|走|收|件))`)},
	{"order state", regexp.MustCompile(`(?P<fact>(钱|款|货)(已经?)?(退|到|出)(了|账|回|库|$|[。!,]))`)},
	{"order state", regexp.MustCompile(`\byour (order|package|parcel|refund|shipment|return|payment)\b.{0,6}\b(?P<fact>(is|was|has been)( now| already)? (at|on|near|arriv[a-z]+|coming|ready|approved|accepted|processed|complete[d]?|confirmed))`)},
	{"order state", regexp.MustCompile(`\b(?P<fact>(delivered|shipped|refunded|dispatched|sent|approved|arrived) (yesterday|today|this morning|on [a-z]+|last [a-z]+))`)},
	{"time", regexp.MustCompile(`(?P<fact>(今天|明天|后天|今晚|本周|下周|周[一二三四五六日天]|[0-9一二两三四五六七八九十]+ ?(个)?(天|小时|工作日|分钟)(之?内|后|左右)?)(就|会|能|可|可以|即可|前|必|一定)?.{0,3}(到|发货|发出|送达|到账|退款|寄出|签收|派送|收到))`)},
	{"time", regexp.MustCompile(`\b(arrive|arrives|delivered|ship|ships|shipped|refunded|refund|get it|there|receive it|deliver)\b.{0,15}\b(?P<fact>today|tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|within|by [0-9a-z]+|in [0-9a-z]+ (hours?|days?|weeks?))`)},
	{"time", regexp.MustCompile(`(?P<fact>(今[天日晚早]|明[天日早晚]|后[天日]|次日|隔[天日]|当[天日]|大后天|本周|[这下]周[一二三四五六日天末]?|星期[一二三四五六日天]|月底|([0-9]{1,2}月)?[0-9]{1,2}[日号]|下午|上午|晚上|马上|很快|[0-9一二两三四五六七八九十]+(个)?(天|小时|工作日)(之?内|后|左右)?)(就|会|能|可|可以|即可|前|必|一定)?(到(货|账|达|手|了|$|[。!,~呢哦啦])|(发|寄)(走|出|货|$|[。!,~哦啦])|送(达|到|货)|送?达|揽收|退回))`)},
	{"time", regexp.MustCompile(`(?P<fact>预计.{0,6}[0-9一二三四五六七八九十].{0,5}(到|发|送))`)},
	{"time", regexp.MustCompile(`\b(arrive|arrives|delivered|ship|ships|shipped|there|deliver|come|comes|expected)\b.{0,15}\b(?P<fact>soon|shortly|overnight|next (day|week)|(on |by )?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? [0-9]{1,2})`)},
	{"price", regexp.MustCompile(`(?P<fact>[¥￥$€£] ?[0-9][0-9.,]*|[0-9][0-9.,]* ?(元|块钱?|rmb|cny|usd|yuan|dollars?|圆))`)},
	{"price", regexp.MustCompile(`(?P<fact>[零一二两三四五六七八九十百千万]{1,8}(元|块钱?))`)},
	{"price", regexp.MustCompile(`(?P<fact>[0-9一二三四五六七八九][0-9.]? ?折|打.折|满 ?[0-9]+ ?(减 ?[0-9]*|送|包邮|免)|立减 ?[0-9]*|[0-9]+ ?% ?(off|discount)|半价|half price|买一送一|buy one get one|免费送|全额赔|赔偿|free gift|包邮|免邮|免运费|free shipping|free delivery)`)},
	{"price", regexp.MustCompile(`(价格|售价|现价|仅售|特价|原价|单价|优惠价|到手价?|价钱|标价)(只要|才|仅|是|为|:|大约|大概|约)?(?P<fact> ?[0-9零一二两三四五六七八九十百千万][0-9.零一二两三四五六七八九十百千万]*)`)},
	{"price", regexp.MustCompile(`(只要|仅需|才|便宜|优惠|立省|省|减)(了|您)?(?P<fact> ?([0-9]{2,}|[零一二两三四五六七八九十百千万]{2,}))(起|左右|出头|多|哦|呢|啦|$|[。!,;])`)},
	{"price", regexp.MustCompile(`\b(?P<fact>(one|two|five|ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|[0-9][0-9.,]*)[ -]?(bucks|dollars|yuan|rmb|euros|pounds))`)},
	{"price", regexp.MustCompile(`(?P<fact>对折|有优惠券|送您?[一两]?张?.{0,2}券|送运费险|假一赔.|保修[0-9一二两三四五]+年|终身保修|lifetime warranty|[0-9]+[ -]year warranty)`)},
	{"stock", regexp.MustCompile(`(?P<fact>没有现?货|有现?货|没货|缺货|断货|售罄|无货|卖完|库存(充足|紧张|不足|还有|有)|仅剩|只剩|还剩|现货)`)},
	{"stock", regexp.MustCompile(`\b(?P<fact>(in|out of) stock|sold out|(only )?[0-9]+ (left|remaining|available)|available|unavailable|plenty left)`)},
	{"stock", regexp.MustCompile(`(?P<fact>有(很多|不少|大量)(库存|货源|现货)?|货源充足|(数量|货)不多|plenty (left|of (it|them))|all sizes are in)`)},
	{"stock", regexp.MustCompile(`(库存|剩余|还有|只有|仅有|最后)(是|为|:|还剩?|只剩?|有)?(?P<fact> ?[0-9一二两三四五六七八九十几]+ ?(件|双|条|套|瓶|盒|箱|台|部|只))`)},
	{"stock", regexp.MustCompile(`\b(?P<fact>[0-9]+ (units|pieces|pcs|pairs))\b`)},
	{"tracking", regexp.MustCompile(`\b(?P<fact>[0-9a-z]{0,6}[0-9]{8,})`)},
	{"tracking", regexp.MustCompile(`((运|快递|物流|订)?单号|tracking (number|no\.?|code))(是|为|is|:)?(?P<fact> ?[0-9a-z]{0,8}[0-9]{3,})`)},
	{"promise", regexp.MustCompile(`(?P<fact>(我|这边|本店|我们)?(已经?|马上|立刻|现在)?(帮|给|为)(你|您)(办理|申请|修改|取消|退款|下单|改|处理|登记)?(好了|完成|成功|完毕|了))`)},
	{"promise", regexp.MustCompile(`\b(?P<fact>i('ve| have| just|'ll| will)( now| just| already)? (refund|cancel|chang|updat|ship|sent|issu|process|credit)[a-z]*)`)},
	{"promise", regexp.MustCompile(`(?P<fact>(可以|会|能|将|来|我|这边|马上|立即|现在)(就)?(为|给|帮)(您|你)(办理|申请|全额)?(退款|退货|赔偿|补偿|补发|取消|改地?址?|换货|退))`)},
	{"promise", regexp.MustCompile(`(?P<fact>同意(您的?|给您)?(退款|退货|取消|申请)|(地址|订单)?(改|换|取消|退)好了|无条件退款)`)},
	{"promise", regexp.MustCompile(`\b(?P<fact>(we|you)('ll| will)( gladly| happily)? (refund|compensate|replace|cancel|receive a( full)? refund|get a( full)? refund))`)},
	{"link", regexp.MustCompile(`(?P<fact>www\.|[a-z0-9-]+\.(com|cn|net|shop|top|vip)\b)`)},
}
