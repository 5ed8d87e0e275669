package mask

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What the grammars are about, one line each. The corpus has whole sentences.
func TestText(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, found := Text(text)
		if got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
		if (found == 0) != (got == text) {
			t.Errorf("%q: changed to %q, found %v", text, got, found)
		}
	}
	same := func(text string) { t.Helper(); f(text, text) }

	f("13800138000", "[phone]")
	f("１３８００１３８０００", "[phone]")
	f("一三八零零一三八零零零", "[phone]")
	f("1381234567八", "[phone]")
	f("打一三八1234五六七8哦", "打[phone]哦")
	same("订单号1381234567八")
	same("SF1381234567八")
	same("98.1381234567八")
	f("+86 138-0013-8000", "[phone]")
	f("（+86）13800138000", "[phone]")
	f("8613800138000", "[phone]")
	f("13800138000/13900139000", "[phone]/[phone]")
	f("13800138000-13900139000", "[phone]-[phone]")
	f("1.13800138000 2.13900139000", "1.[phone] 2.[phone]")
	f("tel13800138000", "tel[phone]")
	f("(010) 8888 6666转801", "[phone]")
	f("0571-88886666-12", "[phone]")
	f("电话88886666", "电话[phone]")
	f("+852 9123 4567 两件", "[phone] 两件")
	f("+44 20 7946 0958", "[phone]")
	f("(415) 555-2671", "[phone]")
	f("https://a.cn/?phone=13800138000", "https://a.cn/?phone=[phone]")
	same("订单号 202610140001")
	same("订单号：13812345678")
	same("order no. 13812345678")
	same("SF1380013800012")
	same("SKU-13812345678")
	same("¥13800138000")
	same("13800138000.55")
	same("3.13800138000138")
	same("https://item.a.cn/13800138000.html")
	same("400-820-8820")
	same("1730000000000")
	same("2026-10-14 10:30 170/88A 98.50")

	f("11010519491231002X", "[id-card]")
	f("110105 19491231 002x", "[id-card]")
	f("身份证110105194912310021", "身份证[id-card]")
	same("110105194912310021")
	f("110105491231002", "[id-card]")
	same("351234567890123")

	f("6222020200112230954", "[bank-card]")
	f("4111 1111 1111 1111", "[bank-card]")
	f("4111-1111-1111-1111", "[bank-card]")
	f("3782 822463 10005", "[bank-card]")
	f("4111 1111 1111 1111 2028 123", "[bank-card] 2028 123")
	same("4111 1111 1111 1112")
	same("订单4111111111111111")

	f("li.xiaoming@example.com。", "[email]。")
	f("＜a_b＠qq.com＞", "＜[email]＞")
	f("13800138000@163.com", "[email]")
	f("abc @ qq.com", "[email]")
	f("123456@qq", "[email]")
	same("icon@2x.png")
	same("@小二 在吗")
	same("npm i @scope/pkg@1.2.3")

	f("文三路138号3楼", "[address]")
	f("收货地址：浙江省杭州市西湖区文三路138号东方通信大厦3楼302室，张三", "收货地址：[address]，张三")
	f("翠湖花园3栋2单元501", "[address]")
	f("改成成都市武侯区人民南路四段27号", "改成[address]")
	f("我家在山东省聊城市东王村5组", "我家在[address]")
	f("地址:朝阳区三里屯太古里南区5号", "地址:[address]")
	same("人民医院5号")
	same("地址在上海市，5号前能到吗")
	same("上海发货吗")
	same("1号链接和2号链接")
	same("路由器5号发货吗")
	same("小区里有驿站吗")
	same("三室一厅 7座 2层")
	same("12号楼")

	f("12 Baker Street, London NW1 6XE", "[address]")
	f("Flat 3, 21 Baker Street please", "[address] please")
	f("1600 Pennsylvania Ave NW, Washington, DC 20500", "[address]")
	f("350 5th Ave, Apt 4B, New York, NY 10118, Thanks", "[address], Thanks")
	f("No. 88 Jianguo Road, Chaoyang District, Beijing", "[address]")
	f("P.O. Box 1234", "[address]")
	same("2 black court shoes")
	same("20 Blue Street Style Tees")
	same("3 Dr Martens in 2 days")

	same("[phone] [address] [id-card] [email] [bank-card]")
	same("")
}

// snippets make texts that come near to what the finders look for.
var snippets = []string{
	"13800138000", "138 0013 8000", "+86", "010-", "8888", "6666", "(415) 555-2671", "11010519491231002X", "6222020200112230954", "4111 1111 1111 1111",
	"a@b.com", "@", "qq.com", " @ qq", "[phone]", "[address]", "电话", "手机号", "订单号", "地址", "地址：", "身份证", "卡号", "call me at ", "order ",
	"浙江省", "杭州", "西湖区", "文三路", "138号", "3栋", "2单元", "501", "室", "花园", "路", "号", "号楼", "东王村", "5组", "一三八零零一三八零零零", "零", "十二",
	"12 Baker Street", "Apt 4B, ", ", London", " NW1 6XE", "PO Box 12", " ", "-", ".", ",", "，", "、", "\n", "(", ")", "+", "我", "到", "X", "x", "¥", "#", "０", "１", "\xff", "é", "😀",
}

func anyText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(snippets), rapid.StringN(0, 3, -1)), 0, 12).Draw(t, "pieces"), "")
	})
}

func checkMasked(t interface{ Errorf(string, ...any) }, text string) {
	masked, found := Text(text)
	if (found == 0) != (masked == text) {
		t.Errorf("%q: %q, found %v", text, masked, found)
	}
	if again, more := Text(masked); again != masked || more != 0 {
		t.Errorf("%q: masked %q, and again %q", text, masked, again)
	}
	if utf8.ValidString(text) && !utf8.ValidString(masked) {
		t.Errorf("%q: %q is no UTF-8", text, masked)
	}
	for kind := range kindCount {
		if found.Has(kind) && !strings.Contains(masked, kind.Placeholder()) {
			t.Errorf("%q: %v found, none in %q", text, kind, masked)
		}
	}
}

func TestMaskingAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkMasked(t, anyText().Draw(t, "text")) })
}

func FuzzText(f *testing.F) {
	for _, s := range snippets {
		f.Add(s)
	}
	f.Add(strings.Join(snippets, ""))
	f.Fuzz(func(t *testing.T, text string) { checkMasked(t, text) })
}

// Whatever stands around a value, short of words and letters that make another
// thing of it, none of it comes through.
func TestNoValueComesThrough(t *testing.T) {
	around := rapid.SampledFrom([]string{"", " ", "，", "。", "：", "我的", "请打", "谢谢", "(", ")", "\n", "两件 ", " please ", "!", "电话", "[phone]", "、", "“", "是"})
	digits := func(t *rapid.T, n int) string {
		return rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), n, n, -1).Draw(t, "digits")
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{Phone, IDCard, Email, BankCard, Address}).Draw(t, "kind")
		var value string
		switch kind {
		case Phone:
			value = "1" + rapid.SampledFrom([]string{"3", "5", "7", "8", "9"}).Draw(t, "second") + digits(t, 9)
		case IDCard:
			var w window
			value = "33010619" + rapid.SampledFrom([]string{"49", "85", "99"}).Draw(t, "year") + "0821" + digits(t, 3)
			w.read(value, 0)
			value += string("0123456789X"[w.checkCharacter()])
		case Email:
			value = rapid.StringMatching(`[a-z][a-z0-9_.]{0,8}[a-z]@[a-z]{2,8}\.(com|cn|co\.uk)`).Draw(t, "email")
		case BankCard:
			value = luhnCompleted("62" + digits(t, 16))
		case Address:
			value = rapid.SampledFrom([]string{"文三路", "人民大道", "南京西路"}).Draw(t, "road") + rapid.StringMatching(`[1-9][0-9]{0,3}号`).Draw(t, "number") + rapid.SampledFrom([]string{"", "3栋501", "2单元", "国际大厦A座1203室"}).Draw(t, "rest")
		}
		text := around.Draw(t, "before") + value + around.Draw(t, "after")
		masked, found := Text(text)
		if strings.Contains(masked, value) || !found.Has(kind) {
			t.Errorf("%v in %q: %q, found %v", kind, text, masked, found)
		}
	})
}

func luhnCompleted(digits string) string {
	for c := '0'; c <= '9'; c++ {
		var w window
		if w.read(digits+string(c), 0); w.luhn(len(digits) + 1) {
			return digits + string(c)
		}
	}
	panic("no check digit")
}

func TestKinds(t *testing.T) {
	_, found := Text("13800138000 a@b.com")
	if found.String() != "phone email" || !found.Has(Phone) || found.Has(Address) {
		t.Errorf("found %v", found)
	}
	if Kinds(0).String() != "none" {
		t.Errorf("nothing is %q", Kinds(0))
	}
}

func TestNothingFoundAllocatesNothing(t *testing.T) {
	for _, text := range []string{"这款羽绒服有优惠券吗，什么时候发货呀", "订单号 202610140001 什么时候到", "is the 12 pack still 98.50?", "上海市浦东新区能送吗"} {
		if n := testing.AllocsPerRun(100, func() { Text(text) }); n > 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
	attrs := []byte(`{"browser":"Safari 19","utm":{"source":"live"},"n":[1,2.5],"ok":true,"订单":"202610140001"}`)
	if n := testing.AllocsPerRun(100, func() { JSON(attrs) }); n > 0 {
		t.Errorf("attrs: %v allocations", n)
	}
}

func BenchmarkText(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"20 characters without digits", "这款羽绒服有优惠券吗什么时候发货呀亲亲爱"},
		{"20 characters with numerals and roads", "一路上想了三遍这个街拍款五号到底发不发"},
		{"order number", "订单号 202610140001 什么时候到"},
		{"phone", "我的电话是13800138000谢谢"},
		{"address", "收货地址：浙江省杭州市西湖区文三路138号东方通信大厦3楼302室，张三 13800138000"},
		{"English address", "ship to Apt 4B, 350 Fifth Avenue, New York, NY 10118 please"},
		{"1 KiB of chat", strings.Repeat("这款羽绒服有优惠券吗什么时候发货呀亲", 19)},
		{"64 KiB of digits", strings.Repeat("1 3 ", 16<<10)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				Text(c.text)
			}
		})
	}
}
