#pragma once

#include <memory>

#include "dtls_session.h"
#include "peer_facts.h"
#include "srtcp.h"
#include "srtp_sender.h"

namespace dualcast {

/** The ciphers of one viewer who is secured. */
struct SrtpSession {
	SrtpSender sender;
	SrtcpSender rtcpSender;
	SrtcpReceiver rtcpReceiver;

	explicit SrtpSession(const SrtpMaterial& material)
	    : SrtpSession(material, DerivedKeys(material.local, material.profile)) {}

private:
	SrtpSession(const SrtpMaterial& material, const DerivedKeys& sending)
	    : sender(sending.rtp, material.profile),
	      rtcpSender(sending.rtcp, material.profile),
	      rtcpReceiver(DerivedKeys(material.remote, material.profile).rtcp, material.profile) {}
};

/** One viewer as its thread knows it: DTLS and SRTP, and where it is reached. */
struct Viewer {
	std::shared_ptr<PeerFacts> facts;
	Fingerprint fingerprint;
	Route route;
	/** From the first datagram of a proven address on. */
	std::unique_ptr<DtlsSession> dtls;
	/** Once secured. */
	std::unique_ptr<SrtpSession> srtp;
};

}  // namespace dualcast
