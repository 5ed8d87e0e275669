package mask

import "strings"

// suffix ends a name and makes a component of it.
type suffix struct {
	text    string
	kind    component
	longest int    // runes of the name before it
	never   string // runes that make another word of it
}

// The suffixes, longer ones of the same last rune first.
var suffixes = []suffix{
	{"特别行政区", region, 2, ""}, {"自治区", region, 5, ""}, {"自治州", region, 10, ""}, {"自治县", region, 12, ""}, {"自治旗", region, 6, ""},
	{"经济开发区", region, 8, ""}, {"开发区", region, 8, ""}, {"高新区", region, 6, ""}, {"新区", region, 6, ""}, {"地区", region, 6, ""},
	{"街道办", town, 6, ""}, {"街道", town, 6, ""}, {"小区", home, 8, ""}, {"社区", home, 8, ""}, {"园区", public, 10, ""}, {"校区", public, 10, ""},
	{"省", region, 3, "钱心事电得了油略份力内外"}, {"市", region, 8, "场面值民里内价集"}, {"区", region, 8, "别分间域块"}, {"县", region, 8, "城"},
	{"左旗", region, 6, ""}, {"右旗", region, 6, ""}, {"前旗", region, 6, ""}, {"后旗", region, 6, ""}, {"中旗", region, 6, ""}, {"盟", region, 4, "友主"},
	{"镇", town, 6, "静定店痛"}, {"乡", town, 6, "下村亲镇愁"}, {"苏木", town, 6, ""}, {"新村", home, 8, ""}, {"嘎查", village, 6, ""}, {"村", village, 6, "民里口"}, {"屯", village, 4, "货"},
	{"大道", road, 6, "理具"}, {"胡同", road, 6, ""}, {"路", road, 6, "由上过程线人边途费灯况易口子径牌"}, {"街", road, 6, "拍头上坊边景舞道"}, {"巷", road, 6, "口子"}, {"道", road, 6, "具理歉德路长友教士场馆"},
	{"弄堂", road, 6, ""}, {"花园", home, 8, ""}, {"家园", home, 8, ""}, {"花苑", home, 8, ""}, {"雅苑", home, 8, ""}, {"公寓", home, 8, ""}, {"山庄", home, 8, ""}, {"别墅", home, 8, ""}, {"公馆", home, 8, ""}, {"华府", home, 8, ""},
	{"家属院", home, 10, ""}, {"大院", home, 8, ""}, {"宿舍", home, 10, ""}, {"新城", home, 8, ""}, {"名城", home, 8, ""},
	{"写字楼", public, 8, ""}, {"大厦", public, 10, ""}, {"大楼", public, 10, ""}, {"广场", public, 8, ""}, {"中心", public, 10, ""}, {"国际", public, 8, "大广中商金会酒公"},
	{"产业园", public, 10, ""}, {"科技园", public, 10, ""}, {"工业园", public, 10, ""}, {"创业园", public, 10, ""}, {"软件园", public, 10, ""}, {"创意园", public, 10, ""},
	{"大学", public, 10, "生"}, {"学院", public, 10, ""}, {"中学", public, 10, "生"}, {"小学", public, 10, "生"}, {"医院", public, 10, ""}, {"酒店", public, 10, ""}, {"宾馆", public, 10, ""}, {"驿站", public, 8, ""},
}

// notPlaces are words that only look like a name and its suffix.
var notPlaces = []string{
	"超市", "城市", "上市", "都市", "门市", "集市", "夜市", "股市", "本市", "菜市", "开市", "闹市", "全市", "外省", "节省", "全省", "各省", "本省", "反省", "我省",
	"专区", "小区", "论区", "员区", "动区", "惠区", "卖区", "价区", "货区", "播区",
	"本县", "全县", "各县", "农村", "乡村", "全村", "家乡", "老乡", "故乡", "冰镇", "城镇", "坐镇", "集镇", "村镇",
	"半路", "套路", "思路", "线路", "网路", "走路", "赶路", "带路", "迷路", "问路", "上路", "出路", "退路", "后路", "铁路", "电路", "销路", "在路", "绕路", "顺路", "条路", "修路", "让路", "这路", "那路",
	"逛街", "扫街", "条街",
	"知道", "味道", "渠道", "频道", "轨道", "管道", "难道", "通道", "报道", "跑道", "地道", "霸道", "公道", "赤道", "柔道", "手道", "国道", "省道", "县道", "车道", "行道", "水道", "街道", "几道", "说道", "力道", "色道", "门道", "茶道", "隧道", "航道", "厚道",
	"收货中心", "客服中心", "服务中心", "个人中心", "活动中心", "会员中心", "购物中心", "帮助中心",
}

// homeRunes end the names of estates that have no longer suffix.
const homeRunes = "苑府城园邸庭湾院居郡轩墅庄里寓楼"

// stopRunes are in the sentence around an address, hardly ever in one.
const stopRunes = "到在是寄送给住址为我你您他她它的了吗呢吧啊呀哦去往要请改换填写这那把被让就也还不没很亲们说问看想能哪什么货话离跟或叫吃买卖款穿码"

// stopWords are that, too; their runes alone may stand in names.
var stopWords = []string{
	"麻烦", "快递", "收件", "帮忙", "公司", "单位", "老家", "家里", "楼下", "门口", "谢谢", "自提", "配送", "发到", "发往", "电话", "手机", "姓名", "邮编", "客服", "老板",
	"放到", "放门", "放前", "以及", "如果", "因为", "已经", "可以", "应该", "现在", "今天", "明天", "附近", "旁边", "对面", "都有", "都发", "有没", "来自", "顺丰", "中通", "圆通", "申通", "韵达", "包裹", "订单", "尺码", "颜色", "链接", "直播", "联系",
}

// firstRunes is the set of the words' first runes, which keeps nearly all runes
// away from the lists.
func firstRunes(words []string) *runeSet {
	first := ""
	for _, word := range words {
		r, _ := after(word, 0)
		first += string(r)
	}
	return newRuneSet(first)
}

var (
	stopSet     = newRuneSet(stopRunes)
	stopWordSet = firstRunes(stopWords)
	suffixSet   = func() *runeSet {
		texts := []string{}
		for _, known := range suffixes {
			texts = append(texts, known.text)
		}
		return firstRunes(texts)
	}()
)

// suffixAt is the suffix at i, where r stands, and its length, or 0 when there
// is none.
func suffixAt(s string, i int, r rune) (suffix, int) {
	if !suffixSet.has(r) {
		return suffix{}, 0
	}
	for _, known := range suffixes {
		if !strings.HasPrefix(s[i:], known.text) {
			continue
		}
		end := i + len(known.text)
		if next, _ := after(s, end); next != 0 && strings.ContainsRune(known.never, next) {
			return suffix{}, 0
		}
		for _, word := range notPlaces {
			if strings.HasSuffix(s[:end], word) && len(word) > len(known.text) {
				return suffix{}, 0
			}
		}
		return known, len(known.text)
	}
	return suffix{}, 0
}

// regionNames are the provinces and the larger cities, which people write
// without a suffix.
var regionNames = strings.Fields(`北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门
石家庄 唐山 秦皇岛 邯郸 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 临汾 运城 呼和浩特 包头 鄂尔多斯 赤峰 沈阳 大连 鞍山 抚顺 锦州 营口 长春 哈尔滨 齐齐哈尔 大庆 牡丹江
南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 义乌 合肥 芜湖 蚌埠 阜阳 安庆 马鞍山 福州 厦门 莆田 泉州 漳州 龙岩 宁德
南昌 九江 赣州 上饶 宜春 济南 青岛 淄博 烟台 潍坊 济宁 泰安 威海 临沂 德州 聊城 菏泽 日照 郑州 开封 洛阳 安阳 新乡 许昌 南阳 商丘 信阳 周口 驻马店 武汉 黄石 十堰 宜昌 襄阳 荆州 黄冈
长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 郴州 广州 深圳 珠海 汕头 佛山 韶关 湛江 肇庆 江门 茂名 惠州 梅州 清远 东莞 中山 潮州 揭阳 南宁 柳州 桂林 玉林 海口 三亚 成都 绵阳 德阳 宜宾 南充 乐山 泸州
贵阳 遵义 昆明 曲靖 大理 丽江 拉萨 西安 咸阳 宝鸡 渭南 汉中 榆林 兰州 天水 西宁 银川 乌鲁木齐`)

var regionsByRune = func() map[string][]string {
	index := map[string][]string{}
	for _, name := range regionNames {
		first := name[:3]
		index[first] = append(index[first], name)
	}
	return index
}()

// regionAt is the length of the region's name at i, or 0.
func regionAt(s string, i int) int {
	if len(s) < i+3 {
		return 0
	}
	for _, name := range regionsByRune[s[i:i+3]] {
		if strings.HasPrefix(s[i:], name) {
			return len(name)
		}
	}
	return 0
}

// regionsIn counts the regions named in s beside the one that its suffix ends.
func regionsIn(s string) (n int) {
	for i := 0; i < len(s); {
		if length := regionAt(s, i); length > 0 {
			i += length
			if rest := s[i:]; len(rest) > len("市") && !strings.HasPrefix(rest, "市") && !strings.HasPrefix(rest, "省") && !strings.HasPrefix(rest, "路") && !strings.HasPrefix(rest, "街") {
				n++
			}
			continue
		}
		_, width := after(s, i)
		i += width
	}
	return n
}
