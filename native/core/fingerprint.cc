#include "fingerprint.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>

namespace dualcast {
namespace {

const EVP_MD* hashNamed(std::string name) {
	std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
	if (name == "sha-256") return EVP_sha256();
	if (name == "sha-384") return EVP_sha384();
	if (name == "sha-512") return EVP_sha512();
	return nullptr;
}

int hexDigit(char c) {
	if (c >= '0' && c <= '9') return c - '0';
	const int letter = std::tolower(static_cast<unsigned char>(c));
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace

Fingerprint Fingerprint::parse(const std::string& algorithm, const std::string& value) {
	Fingerprint result{hashNamed(algorithm), algorithm, {}};
	std::string digits = value;
	digits.erase(std::remove(digits.begin(), digits.end(), ':'), digits.end());
	for (size_t at = 0; at + 1 < digits.size(); at += 2) {
		const int high = hexDigit(digits[at]);
		const int low = hexDigit(digits[at + 1]);
		if (high < 0 || low < 0) break;
		result.digest.push_back(static_cast<uint8_t>(high << 4 | low));
	}
	return result;
}

std::optional<std::string> Fingerprint::refuses(X509* certificate) const {
	if (hash == nullptr) return "the fingerprint's hash " + algorithm + " is not supported";
	uint8_t actual[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	const bool same = certificate != nullptr && X509_digest(certificate, hash, actual, &length) == 1 &&
	                  length == digest.size() && CRYPTO_memcmp(actual, digest.data(), length) == 0;
	if (same) return {};
	return "the client's certificate is not the one whose fingerprint was offered";
}

}  // namespace dualcast
