#pragma once

#include <optional>

#include "packet_cipher.h"
#include "replay_window.h"
#include "source_table.h"

namespace dualcast {

/** Encrypts and signs RTCP for one viewer (RFC 3711 3.4, RFC 7714 9). */
class SrtcpSender {
public:
	SrtcpSender(const SessionKeys& keys, SrtpProfile profile);
	/** @returns nothing if the packet is shorter than a header, or the key has been used up (2^31 packets) */
	std::optional<Bytes> protect(View packet);

private:
	SessionKeys keys_;
	SrtpProfile profile_;
	uint32_t index_ = 0;
};

/** Authenticates, checks for replay and decrypts RTCP of one viewer. */
class SrtcpReceiver {
public:
	SrtcpReceiver(const SessionKeys& keys, SrtpProfile profile);
	/** @returns nothing if the datagram is not authentic, was not encrypted, or came before */
	std::optional<Bytes> unprotect(View datagram);

private:
	std::optional<Bytes> openCounterMode(View datagram, uint32_t ssrc, uint32_t index);
	std::optional<Bytes> openGcm(View datagram, uint32_t ssrc, uint32_t index);

	SessionKeys keys_;
	SrtpProfile profile_;
	SourceTable<ReplayWindow> sources_;
};

}  // namespace dualcast
