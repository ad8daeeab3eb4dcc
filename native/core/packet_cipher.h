#pragma once

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <memory>

#include "srtp_keys.h"

/** What SRTP needs of OpenSSL, keyed once and used for many packets. */
namespace dualcast {

struct CipherContextDeleter {
	void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextDeleter>;

/** AES-128 in counter mode. */
class CounterMode {
public:
	explicit CounterMode(const std::array<uint8_t, SRTP_KEY>& key);
	/** Encryption and decryption are the same operation; `out` may be `in`. */
	void crypt(const std::array<uint8_t, 16>& iv, const uint8_t* in, size_t length, uint8_t* out);

private:
	CipherContext context_;
};

/** HMAC-SHA1 cut to 80 bits. */
class HmacSha1 {
public:
	static constexpr size_t TAG = 10;
	explicit HmacSha1(const std::array<uint8_t, 20>& key);
	/** Signs two pieces as one. */
	void sign(View first, View second, uint8_t tag[TAG]) const;

private:
	/** The states after HMAC's inner and outer key block. */
	SHA_CTX inner_{};
	SHA_CTX outer_{};
};

/** AES-128-GCM in one direction. */
class Gcm {
public:
	enum class Direction { SEAL, OPEN };
	static constexpr size_t TAG = 16;
	Gcm(const std::array<uint8_t, SRTP_KEY>& key, Direction direction);
	/** Writes the ciphertext and the tag. The two pieces of clear text are authenticated as one. */
	void seal(const std::array<uint8_t, 12>& iv, View clear, View more, View plain, uint8_t* out);
	/** @returns false if it is not authentic @param sealed ciphertext and tag */
	bool open(const std::array<uint8_t, 12>& iv, View clear, View more, View sealed, uint8_t* out);

private:
	CipherContext context_;
};

}  // namespace dualcast
