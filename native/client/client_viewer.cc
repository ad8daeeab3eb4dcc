#include "client_viewer.h"

#include <openssl/rand.h>
#include <sys/socket.h>

namespace dualcast {
namespace {

/** An empty receiver report. */
constexpr uint8_t REPORT[] = {0x80, 0xc9, 0, 1, 0, 0, 0, 7};

}  // namespace

ClientViewer::ClientViewer(SSL_CTX* context, const Route& server, IceCredentials credentials)
    : server_(server), credentials_(std::move(credentials)), socket_("127.0.0.1", 0), dtls_(context) {}

void ClientViewer::tick() {
	check();
	if (secured()) {
		sendRtcp({REPORT, sizeof REPORT});
	} else if (answered_) {
		dtls_.checkTimer();
		flush();
	}
}

void ClientViewer::check(bool nominate) {
	uint8_t id[12];
	RAND_bytes(id, sizeof id);
	const std::string username = credentials_.ufrag + ":" + credentials_.remoteUfrag;
	send(stun::bindingRequest({id, sizeof id}, username, credentials_.password, nominate));
}

void ClientViewer::receive(CoalescedBatch& batch, const std::function<void(View)>& onMedia) {
	batch.receive(socket_, [&](View datagram) { take(datagram, onMedia); });
}

void ClientViewer::take(View datagram, const std::function<void(View)>& onMedia) {
	if (datagram.size == 0) return;
	if (stun::isStun(datagram)) {
		if (answered_) return;
		answered_ = true;
		dtls_.receive({});
	} else if (datagram.data[0] < 64) {
		dtls_.receive(datagram);
		if (dtls_.connected() && !rtcp_) {
			const SrtpMaterial material = dtls_.material();
			rtcp_.emplace(DerivedKeys(material.local, material.profile).rtcp, material.profile);
		}
	} else {
		onMedia(datagram);
		return;
	}
	flush();
}

void ClientViewer::sendRtcp(View packet) {
	if (const auto datagram = rtcp_->protect(packet)) send(*datagram);
}

void ClientViewer::close() {
	dtls_.close();
	flush();
}

void ClientViewer::flush() {
	for (const Bytes& datagram : dtls_.takeOutgoing()) send(datagram);
}

void ClientViewer::send(View datagram) {
	sendto(socket_.descriptor(), datagram.data, datagram.size, 0, &server_.address.any, server_.addressLength());
}

}  // namespace dualcast
