#pragma once

#include <openssl/evp.h>

#include <string>

#include "../core/bytes.h"

namespace dualcast {

/** A key and a certificate that it signed itself. */
struct SelfSigned {
	/** X.509 and PKCS #8, DER. */
	Bytes certificate;
	Bytes privateKey;
	/** SHA-256, `AB:CD:…`. */
	std::string fingerprint;

	/** Of a P-256 key. */
	static SelfSigned make();
	/** @param key of any kind; it is released */
	static SelfSigned make(EVP_PKEY* key);
};

}  // namespace dualcast
