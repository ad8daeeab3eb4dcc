#pragma once

#include <optional>

#include "packet_cipher.h"
#include "source_table.h"
#include "vector_gcm.h"

namespace dualcast {

/** A plaintext RTP packet of a stream, as every viewer gets it. */
struct MediaPacket {
	uint32_t ssrc = 0;
	uint32_t timestamp = 0;
	uint16_t sequence = 0;
	bool marker = false;
	View payload;
};

/**
 * The 48 bit index of a packet (RFC 3711 3.3.1): the one with this sequence number that is nearest to the highest
 * index sent, so that a late retransmission keeps the roll-over counter it was first sent with.
 *
 * @param highest -1 before the first packet
 * @returns negative if the packet lies before the first one that was sent
 */
inline int64_t nearestIndex(int64_t highest, uint16_t sequence) {
	if (highest < 0) return sequence;
	return highest + static_cast<int16_t>(static_cast<uint16_t>(sequence - highest));
}

/** One viewer's sending half of SRTP (RFC 3711, RFC 7714): keys and roll-over counters. */
class SrtpSender {
public:
	static constexpr size_t HEADER = 12;
	/** What `protect` adds to a payload at most. */
	static constexpr size_t OVERHEAD = HEADER + MAX_SRTP_TAG;

	SrtpSender(const SessionKeys& keys, SrtpProfile profile);

	/** Has the keys brought near before packets are to be protected, where they are not within an object of OpenSSL. */
	void prefetchKeys() const {
		if (vectorGcm_) vectorGcm_->prefetchKey();
	}

	/**
	 * Writes the protected packet.
	 *
	 * @param sequence the viewer's own
	 * @param out has room for the payload and `OVERHEAD`
	 * @returns its length; 0 if it must not be sent
	 */
	size_t protect(const MediaPacket& packet, uint8_t payloadType, uint16_t sequence, uint8_t* out);

private:
	struct RollOver {
		int64_t highest = -1;
	};

	struct CounterModeKeys {
		CounterMode cipher;
		HmacSha1 signer;
	};

	SessionKeys keys_;
	std::optional<CounterModeKeys> counterMode_;
	/** One of the two seals with AEAD_AES_128_GCM. */
	std::unique_ptr<const VectorGcm> vectorGcm_;
	std::optional<Gcm> gcm_;
	SourceTable<RollOver> sources_;
};

}  // namespace dualcast
