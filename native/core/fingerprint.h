#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <optional>
#include <string>

#include "bytes.h"

namespace dualcast {

/** Of a certificate, as an offer states it (RFC 8122 5). */
struct Fingerprint {
	/** Null for a hash that is unknown or broken. */
	const EVP_MD* hash = nullptr;
	/** As offered: `sha-256`. */
	std::string algorithm;
	Bytes digest;

	/** @param value `AB:CD:…`, in either case; what is no such text matches no certificate */
	static Fingerprint parse(const std::string& algorithm, const std::string& value);

	/** @returns why the certificate is not the offered one; nothing if it is */
	std::optional<std::string> refuses(X509* certificate) const;
};

}  // namespace dualcast
