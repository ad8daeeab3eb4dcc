#include "self_signed.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdio>

namespace dualcast {
namespace {

template <typename Object, typename Encode>
Bytes der(Object* object, Encode encode) {
	Bytes bytes(static_cast<size_t>(encode(object, nullptr)));
	uint8_t* position = bytes.data();
	encode(object, &position);
	return bytes;
}

}  // namespace

SelfSigned SelfSigned::make() { return make(EVP_EC_gen("P-256")); }

SelfSigned SelfSigned::make(EVP_PKEY* key) {
	constexpr long VALID_SECONDS = 24 * 60 * 60;
	X509* const certificate = X509_new();
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -VALID_SECONDS);
	X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_SECONDS);
	X509_set_pubkey(certificate, key);
	// Ed25519 hashes by itself.
	X509_sign(certificate, key, EVP_PKEY_is_a(key, "ED25519") ? nullptr : EVP_sha256());

	SelfSigned made;
	made.certificate = der(certificate, i2d_X509);
	PKCS8_PRIV_KEY_INFO* const info = EVP_PKEY2PKCS8(key);
	made.privateKey = der(info, i2d_PKCS8_PRIV_KEY_INFO);
	PKCS8_PRIV_KEY_INFO_free(info);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	X509_digest(certificate, EVP_sha256(), digest, &length);
	for (unsigned at = 0; at < length; at++) {
		char text[4];
		std::snprintf(text, sizeof text, at == 0 ? "%02X" : ":%02X", digest[at]);
		made.fingerprint += text;
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
	return made;
}

}  // namespace dualcast
