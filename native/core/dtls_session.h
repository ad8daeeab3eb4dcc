#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "datagram_bio.h"
#include "fingerprint.h"
#include "srtp_keys.h"

namespace dualcast {

/** What DTLS agreed on for SRTP, from the server's side. */
struct SrtpMaterial {
	SrtpProfile profile = SrtpProfile::AES128_CM_SHA1_80;
	MasterKey local;
	MasterKey remote;
};

/** DTLS 1.2 in the server's role for one viewer (RFC 6347), as far as SRTP needs it (RFC 5764). */
class DtlsSession {
public:
	enum class State { HANDSHAKE, SECURED, CLOSED };

	DtlsSession(SSL_CTX* context, const Fingerprint& remote);
	DtlsSession(const DtlsSession&) = delete;
	DtlsSession& operator=(const DtlsSession&) = delete;

	/** Takes one datagram of a proven address. */
	void receive(View datagram);
	/** Repeats a flight whose answer is overdue. */
	void checkTimer();
	/** Says goodbye (close_notify) and ends. */
	void close();

	State state() const { return state_; }
	/** Why it ended, unless by `close`. */
	const std::string& closeReason() const { return closeReason_; }
	/** Once secured. */
	const SrtpMaterial& material() const { return material_; }
	/** Datagrams to be sent since the last call. */
	std::vector<Bytes> takeOutgoing() { return bio_.takeOutgoing(); }

	/** The certificate is the offered one, whoever signed it; OpenSSL checks that the client holds its key. */
	static int verifyCertificate(X509_STORE_CTX* store, void*);

private:
	void handshake();
	void readRecords();
	/** Ends for a reason that OpenSSL has told. */
	void fail();
	void end(std::string reason);
	/** @returns false when no SRTP profile was agreed on */
	bool exportKeys();

	struct Release {
		void operator()(SSL* ssl) const { SSL_free(ssl); }
	};
	const Fingerprint remote_;
	DatagramBio bio_;
	std::unique_ptr<SSL, Release> ssl_;
	State state_ = State::HANDSHAKE;
	std::string closeReason_;
	std::string refusal_;
	SrtpMaterial material_;
	uint32_t datagrams_ = 0;
};

}  // namespace dualcast
