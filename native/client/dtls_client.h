#pragma once

#include <memory>

#include "../core/datagram_bio.h"
#include "../core/dtls_context.h"
#include "../core/dtls_session.h"
#include "self_signed.h"

namespace dualcast {

/** What all clients of a certificate share. @param profiles as OpenSSL names them, joined by colons */
SslContext makeDtlsClientContext(const SelfSigned& certificate, const char* profiles);

/** DTLS in the client's role, as a browser has it. It believes any certificate. */
class DtlsClient {
public:
	explicit DtlsClient(SSL_CTX* context);

	/** Takes a datagram; an empty one starts the handshake. */
	void receive(View datagram);
	void checkTimer() { DTLSv1_handle_timeout(ssl_.get()); }
	void close() { SSL_shutdown(ssl_.get()); }

	bool connected() const { return connected_; }
	/** The server said goodbye, or the handshake failed. */
	bool ended() const { return ended_; }
	/** Once connected; `local` is the client's. */
	SrtpMaterial material() const;
	std::vector<Bytes> takeOutgoing() { return bio_.takeOutgoing(); }

private:
	struct Release {
		void operator()(SSL* ssl) const { SSL_free(ssl); }
	};
	DatagramBio bio_;
	std::unique_ptr<SSL, Release> ssl_;
	bool connected_ = false;
	bool ended_ = false;
};

}  // namespace dualcast
