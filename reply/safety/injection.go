package safety

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// What somebody writes who wants the model to obey them instead of the shop.
// Each pattern needs an order and what it is about, so that "forget the red
// one" stays a shopper's sentence. They see the text in lower case, half-width,
// with single spaces.
var injections = compile(
	// Instructions are to be dropped.
	`(ignore|disregard|forget|override|bypass|skip|drop)\b.{0,30}\b(instructions?|prompts?|rules|guidelines|guardrails|restrictions|system message|directives|polic(y|ies) (above|you))`,
	`(忽略|无视|忘记|忘掉|跳过|绕过|抛开|不要遵守|不用遵守|不要管).{0,12}(指令|指示|提示词|提示语|系统提示|规则|设定|限制|约束|要求你)`,
	`取消(所有|全部|一切|你的)+(的)?(指令|规则|设定|限制|约束)`,
	`(以上|上面|之前|前面|先前)的?(所有|全部|一切)?(的)?(指令|指示|提示词|设定|规则)(都|全部|全都)?(作废|无效|失效|不算|取消)`,
	`(new|updated|real) (instructions?|system prompt|rules)\s*:`,
	`(新的?|更新后的?|真正的?)(系统)?(指令|提示词|设定|规则)\s*(是|为|:|如下)`,
	// Instructions are to be told.
	`(reveal|show|print|repeat|output|display|tell|give|leak|dump|recite|what (is|are|was|were)|share|translate|summari[sz]e|encode)\b.{0,40}\b(system|initial|original|hidden|secret|your|developer) ?(prompts?|instructions?|message|rules|configuration|context)`,
	`(repeat|print|output|say|copy|write|translate)\b.{0,20}\b(everything|all|words?|text|sentences?)\b.{0,15}\b(above|before this|verbatim|preceding)`,
	`(重复|复述|输出|打印|告诉我|显示|展示|泄露|透露|说出|翻译|背诵|原样|写出|公开|发给我).{0,12}(系统提示|提示词|系统指令|初始指令|你的指令|你的设定|你的规则|prompt|上面的(内容|文字|全部|所有)|以上(内容|文字|全部|所有))`,
	`(上面|以上|上述)的?(内容|文字|文本|话|全部|所有)[^。！？]{0,6}(翻译|复述|重复|输出|打印|背|发给|总结|概括|写出)`,
	`system prompts?\b|提示词`,
	`(你的|系统)(系统)?(提示词|prompt|指令|初始设定|设定)(是|都是|有|写)(什么|啥|哪些|的什么)`,
	// The model is to be somebody else.
	`(you are|you're|u r|act|behave|pretend|roleplay|respond)( now| as| to be| like)* (now )?(a |an |the )?(dan\b|developer mode|unrestricted|jailbroken|evil|root|admin(istrator)?\b|another (ai|assistant|bot)|no longer|uncensored|free from)`,
	`(from now on|starting now|henceforth)\b.{0,20}\b(you (are|will|must|should|can)|respond|answer|ignore)`,
	`(你现在是|从现在开始你|从现在起你|现在你是|假装你是|假设你是|请你扮演|扮演一个|你扮演|你不再是|你已经不是|把自己当成|当作你是).{0,20}(不受|没有|无限制|限制|管理员|开发者|开发者模式|越狱|dan|ai|人工智能|模型|机器人|黑客|老板|店长|系统|自由|角色)`,
	`(developer|debug|god|maintenance|sudo|admin) mode|jailbreak|do anything now|\bdan mode`,
	`(开发者|调试|上帝|管理员|越狱|维护)模式`,
	// Words of a chat's own format, and orders dressed as data.
	`<\|?(im_start|im_end|system|endoftext|start_of_turn|end_of_turn|eot_id)\|?>|\[/?inst\]|<</?sys>>|<(start|end)_of_turn>`,
	`(^|[\n"'{,])\s*(#{1,3} ?)?(system|assistant|developer)\s*["']?\s*[:：]`,
	`(^|[\n])\s*(系统|助手|开发者)(消息|指令|提示)?\s*[:：]\s*(你|忽略|请|必须|从现在)`,
	`"role"\s*:\s*"(system|assistant|developer)"`,
	// The model is to promise what the shop did not.
	`(say|reply|answer|respond|output|write|confirm)\b.{0,15}\b(exactly|only|literally|verbatim|the following|with the (word|words|text))\b`,
	`(只|必须|一字不差地?|原封不动地?|请)(回复|回答|输出|说)(以下|下面|这句|这段|如下)`,
	`(decode|execute|evaluate|base64|rot13)\b.{0,25}\b(and|then)\b.{0,15}\b(follow|obey|do|execute|answer)`,
	`(解码|解密|执行|运行).{0,12}(然后|并且?|再).{0,8}(执行|照做|遵守|按照|回答)`,
)

// cues are what a text must have for any of the patterns to match: one of these
// stands in whatever they find. Most questions have none, and are done.
var cues = sync.OnceValue(func() *Words {
	w := &Words{nodes: []node{{word: -1}}, anywhere: true}
	for _, cue := range []string{
		"instruction", "prompt", "rule", "guideline", "guardrail", "restriction", "system", "directive", "polic",
		"message", "configuration", "context", "above", "before this", "verbatim", "preceding",
		"dan", "developer", "unrestricted", "jailbr", "evil", "root", "admin", "another ai", "another assistant", "another bot",
		"no longer", "uncensored", "free from", "from now on", "starting now", "henceforth",
		"debug mode", "god mode", "maintenance mode", "sudo mode", "do anything now",
		"im_start", "im_end", "endoftext", "start_of_turn", "end_of_turn", "eot_id", "inst", "sys", "assistant", "role",
		"exactly", "only", "literally", "the following", "with the", "decode", "execute", "evaluate", "base64", "rot13",
		"指令", "指示", "提示", "规则", "设定", "限制", "约束", "要求你", "上面的", "以上", "上面", "上述", "你现在是", "从现在", "现在你是",
		"假装你", "假设你", "扮演", "你不再是", "你已经不是", "把自己当成", "当作你", "开发者", "调试模式", "上帝模式", "管理员", "越狱",
		"维护模式", "系统", "助手", "以下", "下面", "这句", "这段", "如下", "解码", "解密", "执行", "运行",
	} {
		if err := w.add(cue); err != nil {
			panic(err) // the list above is a part of the program
		}
	}
	w.link()
	return w
})

func compile(patterns ...string) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, p := range patterns {
		all = append(all, regexp.MustCompile(p))
	}
	return all
}

// injects reports whether a text instructs the model. A text is read twice:
// with its spaces, and for Chinese without anything between characters.
func injects(text string) bool {
	return cues().Find(text[:min(len(text), maxFlat)]) != "" && matches(text)
}

func matches(text string) bool {
	flat, dense := flatten(text)
	for _, p := range injections {
		if p.MatchString(flat) || p.MatchString(dense) {
			return true
		}
	}
	return false
}

// maxFlat is how much of a text is read, in bytes.
const maxFlat = 8 << 10

// flatten is a text in lower case and half-width, with single spaces, line
// breaks kept and nothing invisible; and the same with only letters, digits
// and a few signs.
func flatten(text string) (flat, dense string) {
	text = text[:min(len(text), maxFlat)]
	var f, d strings.Builder
	space := false
	for _, r := range text {
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFEE0
		}
		r = unicode.ToLower(r)
		switch {
		case invisible(r) || r == unicode.ReplacementChar:
			continue
		case unicode.IsSpace(r) && r != '\n':
			space = true
			continue
		}
		if space {
			f.WriteByte(' ')
			space = false
		}
		f.WriteRune(r)
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == ':' || r == '\n' {
			d.WriteRune(r)
		}
	}
	return f.String(), d.String()
}
