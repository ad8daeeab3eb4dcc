#pragma once

#include <openssl/ssl.h>

#include <string>

#include "../core/bytes.h"

namespace dualcast {

/** A P-256 key and a certificate that it signed itself. */
struct SelfSigned {
	/** X.509 and PKCS #8, DER. */
	Bytes certificate;
	Bytes privateKey;
	/** SHA-256, `AB:CD:…`. */
	std::string fingerprint;

	static SelfSigned make();
};

}  // namespace dualcast
