#pragma once

#include <functional>
#include <optional>

#include "../core/ice_agent.h"
#include "../core/srtcp.h"
#include "../core/udp_socket.h"
#include "coalesced_batch.h"
#include "dtls_client.h"

namespace dualcast {

/** A viewer on a UDP socket of its own: it checks, makes a handshake, says that it is there, and gets media. */
class ClientViewer {
public:
	/** @param credentials the server's, and this viewer's own user fragment as the remote one */
	ClientViewer(SSL_CTX* context, const Route& server, IceCredentials credentials);

	int descriptor() const { return socket_.descriptor(); }
	const UdpSocket& socket() const { return socket_; }

	/** Sends a check, and once it is secured a receiver report; repeats what DTLS must. */
	void tick();
	/** Sends a check. */
	void check(bool nominate = true);
	/** Lets the kernel hand over several datagrams at once. */
	void coalesce() { CoalescedBatch::coalesce(socket_); }
	/** Has the kernel note when datagrams come. */
	void stamp() { CoalescedBatch::stamp(socket_); }
	/** Takes what arrived. @param batch memory to use */
	void receive(CoalescedBatch& batch, const std::function<void(View)>& onMedia);
	/** Sends RTCP. */
	void sendRtcp(View packet);
	void close();

	bool answered() const { return answered_; }
	bool secured() const { return rtcp_.has_value(); }
	bool ended() const { return dtls_.ended(); }
	const DtlsClient& dtls() const { return dtls_; }

private:
	void take(View datagram, const std::function<void(View)>& onMedia);
	void flush();
	void send(View datagram);

	const Route server_;
	const IceCredentials credentials_;
	UdpSocket socket_;
	DtlsClient dtls_;
	std::optional<SrtcpSender> rtcp_;
	bool answered_ = false;
};

}  // namespace dualcast
