#pragma once

#include <array>
#include <memory>
#include <string>

#include "srtp_keys.h"

namespace dualcast {

/**
 * AES-128-GCM by wide vector instructions, through Intel's multi-buffer library (libipsec-mb): a packet takes a quarter
 * of what OpenSSL 3.0 takes for it. The library is looked for once, when it is first asked for; nothing else needs it.
 */
class VectorGcm {
public:
	static constexpr size_t TAG = 16;

	/** @returns null where the library is not there, was not when this was built, or the processor has no AES */
	static std::unique_ptr<VectorGcm> make(const std::array<uint8_t, SRTP_KEY>& key);
	/** @returns name and version of the library; empty where `make` gives null */
	static std::string library();

	VectorGcm(const VectorGcm&) = delete;
	VectorGcm& operator=(const VectorGcm&) = delete;
	~VectorGcm();

	/** Has the key brought near: each viewer's lies in memory that was not looked at since the last frame. */
	void prefetchKey() const;
	/** Writes the ciphertext and the tag. */
	void seal(const std::array<uint8_t, 12>& iv, View clear, View plain, uint8_t* out) const;

private:
	struct Key;
	explicit VectorGcm(std::unique_ptr<Key> key);

	std::unique_ptr<Key> key_;
};

}  // namespace dualcast
