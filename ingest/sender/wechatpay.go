package sender

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"askbuy/ingest"
)

// Kind wechatpay, the verifier: notifications of WeChat Pay, API v3. They are
// signed with RSA by the key that their serial names, over time, nonce and
// body; what they tell is encrypted under the merchant's API v3 key, the
// source's secret.

const (
	optSerial     = "serial"      // names the key that signs, for `askbuy webhook sign`
	optPrivateKey = "private_key" // likewise: its PEM
)

// lengthOfAPIv3Key is 32 bytes: AES-256.
const lengthOfAPIv3Key = 32

type weChatVerifier struct {
	keys   map[string]*rsa.PublicKey // by serial
	signer *rsa.PrivateKey           // nil: cannot sign
	serial string
	now    func() time.Time
}

func newWeChatKind(c Config) (*Sender, error) {
	v := &weChatVerifier{keys: map[string]*rsa.PublicKey{}, serial: c.option(optSerial, ""), now: c.Now}
	var problems []error
	secrets, err := c.secretBytes(lengthOfAPIv3Key)
	problems = append(problems, err)
	for i, secret := range secrets {
		if len(secret) != lengthOfAPIv3Key {
			problems = append(problems, fmt.Errorf("secrets[%d]: an API v3 key has 32 bytes, this one %d", i, len(secret)))
		}
	}
	for serial, text := range c.Keys {
		if v.keys[serial], err = publicKey(text); err != nil {
			problems = append(problems, fmt.Errorf("keys.%s: %w", serial, err))
		}
	}
	if text := c.option(optPrivateKey, ""); text != "" {
		if v.signer, err = privateKey(text); err != nil {
			problems = append(problems, fmt.Errorf("options.%s: %w", optPrivateKey, err))
		} else {
			v.keys[v.serial] = &v.signer.PublicKey // what it signs, it takes
		}
	}
	if len(c.Keys) == 0 && v.signer == nil {
		problems = append(problems, errors.New("keys: want the platform's public key or certificate in PEM under its serial number"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return &Sender{
		Verifier: v,
		Mapper:   weChatMapper{keys: secrets, conv: c.option(optConv, "conv_id"), user: c.option(optUser, defaultUser)},
		Answers: ingest.Answers{
			Accepted: []byte(`{"code":"SUCCESS","message":"成功"}`),
			Refused:  []byte(`{"code":"FAIL","message":"失败"}`),
		},
	}, nil
}

// publicKey reads a certificate or a public key.
func publicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("want PEM of a certificate or a public key")
	}
	var key any
	var err error
	if block.Type == "CERTIFICATE" {
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = cert.PublicKey
		}
	} else {
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("read PEM: %w", err)
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok || public.N.BitLen() < 2048 {
		return nil, errors.New("want an RSA key of at least 2048 bits")
	}
	return public, nil
}

func privateKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("want PEM of a private key (PKCS #8)")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read PEM: %w", err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("want an RSA key")
	}
	return private, nil
}

func (v *weChatVerifier) Steps() []Step {
	return []Step{StepHeaders, StepFreshness, StepKey, StepSignature}
}

func (v *weChatVerifier) Verify(h http.Header) (proof ingest.Proof, err error) {
	var values [4]string
	for i, name := range [...]string{"Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"} {
		if values[i], err = one(h, name); err != nil {
			return proof, err
		}
	}
	if scheme := h.Get("Wechatpay-Signature-Type"); scheme != "" && scheme != "WECHATPAY2-SHA256-RSA2048" {
		return proof, &Denied{StepHeaders, "Wechatpay-Signature-Type is another than WECHATPAY2-SHA256-RSA2048"}
	}
	at, nonce := values[0], values[1]
	if strings.ContainsAny(nonce, "\r\n") { // would move the borders of what is signed
		return proof, &Denied{StepHeaders, "Wechatpay-Nonce has a line break"}
	}
	if err := fresh("Wechatpay-Timestamp", at, false, v.now()); err != nil {
		return proof, err
	}
	key := v.keys[values[2]]
	if key == nil {
		return proof, &Denied{StepKey, "Wechatpay-Serial names none of the source's keys: has the platform changed its certificate?"}
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(values[3])
	if err != nil || strings.ContainsAny(values[3], "\r\n") {
		return proof, &Denied{StepSignature, "is not of the form that this kind has"}
	}
	proof.Body = func(body []byte) error {
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, weChatSum(at, nonce, body), signature) != nil {
			return &Denied{StepSignature, "is not by the key that the serial names over these bytes: was the body changed?"}
		}
		return nil
	}
	return proof, nil
}

func (v *weChatVerifier) Sign(h http.Header, body []byte) error {
	if v.signer == nil || v.serial == "" {
		return fmt.Errorf("sign: kind wechatpay needs options %s and %s", optPrivateKey, optSerial)
	}
	at, nonce := strconv.FormatInt(v.now().Unix(), 10), rand.Text()
	signature, err := rsa.SignPKCS1v15(rand.Reader, v.signer, crypto.SHA256, weChatSum(at, nonce, body))
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	h.Set("Wechatpay-Timestamp", at)
	h.Set("Wechatpay-Nonce", nonce)
	h.Set("Wechatpay-Serial", v.serial)
	h.Set("Wechatpay-Signature", base64.StdEncoding.EncodeToString(signature))
	return nil
}

func weChatSum(at, nonce string, body []byte) []byte {
	s := sha256.New()
	s.Write([]byte(at + "\n" + nonce + "\n"))
	s.Write(body)
	s.Write([]byte("\n"))
	return s.Sum(nil)
}
