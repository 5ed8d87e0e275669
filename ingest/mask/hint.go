package mask

// hint is what the name of a JSON member says about its value.
type hint uint8

const (
	noHint hint = iota
	phoneHint
	addressHint
	idCardHint
	bankCardHint
)

// hinted are the names, in lower case and without what parts words. A number at
// the end (address2) does not matter.
var hinted = map[hint][]string{
	phoneHint: {"phone", "phonenumber", "phoneno", "mobile", "mobilephone", "mobilenumber", "mobileno", "tel", "telephone", "cell", "cellphone", "contactphone",
		"receiverphone", "receivermobile", "receivertel", "buyerphone", "customerphone", "consigneephone", "billingphone", "shippingphone", "userphone", "userphonenumber",
		"电话", "手机", "手机号", "手机号码", "联系电话", "联系方式", "收货电话", "收件人电话", "收货人电话"},
	addressHint: {"address", "addr", "addressline", "streetaddress", "shippingaddress", "billingaddress", "deliveryaddress", "receiveraddress", "receiverdetailaddress",
		"detailaddress", "detailedaddress", "addressdetail", "fulladdress", "homeaddress", "consigneeaddress", "buyeraddress", "detailinfo",
		"地址", "收货地址", "详细地址", "收件地址", "家庭住址", "家庭地址", "寄件地址"},
	idCardHint:   {"idcard", "idcardno", "idcardnumber", "identityno", "identitycard", "identitynumber", "nationalid", "身份证", "身份证号", "身份证号码", "证件号"},
	bankCardHint: {"bankcard", "bankcardno", "bankcardnumber", "cardno", "cardnumber", "bankaccount", "bankaccountno", "银行卡", "银行卡号", "卡号", "银行账号"},
}

// hintOf reads a member's name.
func hintOf(name string) hint {
	if len(name) == 0 || len(name) > 40 {
		return noHint
	}
	var plain [40]byte
	n := 0
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != '_' && c != '-' && c != ' ' && c != '.' {
			plain[n] = c
			n++
		}
	}
	for n > 0 && plain[n-1] >= '0' && plain[n-1] <= '9' {
		n--
	}
	return hintsByName[string(plain[:n])]
}

var hintsByName = func() map[string]hint {
	index := map[string]hint{}
	for h, names := range hinted {
		for _, name := range names {
			index[name] = h
		}
	}
	return index
}()

// covers reports whether a value under the name is what the name says. A phone
// may be a phone's model, so it takes digits as well.
func (h hint) covers(value string) (Kind, bool) {
	digits, letters := 0, 0
	for _, r := range value {
		if isDigit(r) {
			digits++
		} else if isLetter(r) {
			letters++
		}
	}
	switch h {
	case phoneHint:
		return Phone, digits >= 7 && digits <= 20 && letters <= 6
	case addressHint:
		return Address, len(value) > 1 && value != Address.Placeholder()
	case idCardHint:
		return IDCard, digits >= 14 && digits <= 18
	case bankCardHint:
		return BankCard, digits >= 12 && digits <= 19
	}
	return 0, false
}
