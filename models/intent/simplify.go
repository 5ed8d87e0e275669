package intent

// pairs are traditional characters, each before the simplified one that the
// model knows it by: those of everyday talk and trade that stand for one word
// alone. Which of several words a simplified character merges does not matter
// here.
const pairs = "" +
	"個个們们這这來来為为時时會会說说對对還还過过沒没問问點点買买賣卖錢钱價价貨货發发單单訂订遞递運运費费換换貴贵嗎吗麼么幾几樣样顏颜號号碼码寬宽鬆松緊紧長长質质氣气裡里裏里後后麵面臺台灣湾國国際际現现場场" +
	"線线聯联絡络電电話话機机壞坏開开關关門门進进給给幫帮請请謝谢歡欢優优劵券滿满減减贈赠禮礼裝装達达車车購购籃篮結结帳账賬账戶户註注冊册錄录錯错誤误訊讯簡简讓让應应該该確确認认實实圖图視视頻频試试襯衬褲裤" +
	"襪袜內内鐵铁鍋锅盤盘壺壶燈灯風风熱热濕湿乾干淨净潔洁髒脏亂乱舊旧鮮鲜壓压損损縫缝聞闻癢痒紅红腫肿醫医藥药險险評评論论譽誉棄弃選选擇择週周轉转帶带讀读寫写學学習习師师務务員员專专業业經经負负責责處处決决" +
	"賠赔償偿補补訴诉騙骗爛烂雜杂誌志雙双隻只條条張张塊块兩两萬万億亿餘余額额總总計计數数較较殺杀議议讚赞攤摊齊齐產产廠厂銷销營营區区縣县鄉乡鎮镇樓楼櫃柜檯台舖铺屬属於于與与從从當当將将並并許许誰谁兒儿邊边" +
	"間间頭头腳脚臉脸髮发膚肤體体態态愛爱親亲寶宝貝贝媽妈爺爷孫孙嬰婴寵宠貓猫糧粮養养護护飯饭飲饮蘋苹雞鸡魚鱼蝦虾龍龙鴨鸭醬酱鹽盐葉叶釀酿濃浓細细膩腻順顺絲丝綢绸紗纱織织繡绣編编縮缩變变圓圆鑽钻銀银銅铜鋼钢" +
	"鏡镜鏈链環环鐘钟錶表傘伞遊游戲戏樂乐聲声響响靜静動动傳传輸输連连網网頁页軟软鍵键筆笔紙纸書书報报課课題题練练紀纪檔档複复製制備备儲储續续約约預预隊队遲迟歷历節节農农曆历紛纷詢询諮咨訪访談谈討讨厭厌煩烦" +
	"惱恼憤愤憂忧慮虑擔担驚惊訝讶難难傷伤覺觉識识記记憶忆證证據据驗验檢检測测尋寻領领簽签稅税統统掃扫繳缴納纳貸贷儘尽盡尽趕赶馬马纔才幹干嚇吓嘍喽妳你牠它祂它誒诶廣广東东島岛陸陆歐欧韓韩語语華华蘭兰紐纽綠绿" +
	"藍蓝黃黄淺浅啞哑閃闪鬱郁臟脏癒愈齒齿顆颗疊叠層层離离遠远遺遗丟丢撿捡倆俩夠够蠻蛮極极窮穷賺赚虧亏佔占搶抢拋抛勸劝歸归屆届眾众獨独獲获獎奖夢梦殘残殼壳漲涨潤润澤泽爾尔牽牵牆墙狀状猶犹獻献瑪玛畫画異异療疗" +
	"監监盜盗礦矿碩硕祿禄稱称積积穩稳窩窝競竞範范籌筹糾纠級级紋纹純纯紮扎終终組组絕绝綁绑維维綜综緣缘縱纵繞绕繩绳罰罚羅罗義义聖圣聰聪職职腦脑腸肠膠胶興兴艦舰藝艺蘇苏虛虚蟲虫襲袭規规設设訓训託托詐诈詞词誠诚" +
	"調调諒谅謊谎講讲謹谨譯译豐丰貪贪貫贯貼贴貿贸賀贺資资賓宾賢贤賴赖贏赢趙赵跡迹踐践蹤踪軌轨軍军載载輕轻輛辆輩辈輪轮辦办辭辞適适遙遥遷迁鄰邻醜丑釋释針针釘钉鈔钞鉤钩鋪铺鋰锂錦锦鎖锁鏟铲鑰钥閉闭閒闲閱阅闆板" +
	"隨随雖虽靈灵頂顶項项須须頓顿頗颇頸颈顯显顧顾飛飞飄飘餅饼餓饿館馆駕驾騎骑驅驱魯鲁鳳凤麗丽麥麦黨党齡龄燙烫爐炉燒烧煙烟煉炼燉炖蓋盖薦荐著着蔥葱薑姜蘿萝蔔卜衛卫衝冲褻亵襠裆觸触診诊詳详誇夸誼谊諾诺"

// traditional are the characters that have a simplified one, and a bit for each
// of them: most texts have none, and ask the bits alone.
var traditional, traditionalBits = func() (map[rune]rune, [(0xA000 - 0x3400) / 64]uint64) {
	all, bits, runes := map[rune]rune{}, [(0xA000 - 0x3400) / 64]uint64{}, []rune(pairs)
	for i := 0; i+1 < len(runes); i += 2 {
		all[runes[i]] = runes[i+1]
		bits[(runes[i]-0x3400)/64] |= 1 << ((runes[i] - 0x3400) % 64)
	}
	return all, bits
}()

// simplify is the simplified character of a Han one.
func simplify(r rune) rune {
	if at := r - 0x3400; traditionalBits[at/64]>>(at%64)&1 != 0 {
		return traditional[r]
	}
	return r
}
