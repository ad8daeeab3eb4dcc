#include "dtls_session.h"

#include <openssl/err.h>

#include <algorithm>
#include <new>

#include "alert_name.h"
#include "limits.h"

namespace dualcast {
namespace {

constexpr std::string_view LABEL = "EXTRACTOR-dtls_srtp";
constexpr size_t MAX_RECORD = 16'384;

/** @param previous 0 before the first wait */
unsigned nextWait(SSL*, unsigned previous) {
	return previous == 0 ? limits::RETRANSMISSION_US : std::min(2 * previous, limits::RETRANSMISSION_MAX_US);
}

}  // namespace

DtlsSession::DtlsSession(SSL_CTX* context, const Fingerprint& remote) : remote_(remote), ssl_(SSL_new(context)) {
	if (!ssl_) throw std::bad_alloc();
	SSL_set_app_data(ssl_.get(), this);
	bio_.attach(ssl_.get());
	SSL_set_accept_state(ssl_.get());
	SSL_set_mtu(ssl_.get(), limits::DTLS_MTU);
	DTLS_set_timer_cb(ssl_.get(), nextWait);
}

void DtlsSession::receive(View datagram) {
	if (state_ == State::CLOSED) return;
	ERR_clear_error();
	bio_.offer(datagram);
	if (state_ == State::HANDSHAKE) handshake();
	if (state_ == State::SECURED) readRecords();
	bio_.clear();
	if (state_ != State::HANDSHAKE || ++datagrams_ <= limits::MAX_HANDSHAKE_DATAGRAMS) return;
	end("the DTLS handshake took more than " + std::to_string(limits::MAX_HANDSHAKE_DATAGRAMS) + " datagrams");
}

void DtlsSession::checkTimer() {
	if (state_ != State::HANDSHAKE) return;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(ssl_.get()) < 0) fail();
}

void DtlsSession::close() {
	if (state_ == State::SECURED) SSL_shutdown(ssl_.get());
	state_ = State::CLOSED;
}

int DtlsSession::verifyCertificate(X509_STORE_CTX* store, void*) {
	auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
	auto* const session = static_cast<DtlsSession*>(SSL_get_app_data(ssl));
	const auto refusal = session->remote_.refuses(X509_STORE_CTX_get0_cert(store));
	if (!refusal) return 1;
	session->refusal_ = *refusal;
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

void DtlsSession::handshake() {
	const int result = SSL_accept(ssl_.get());
	if (result != 1) {
		if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) fail();
		return;
	}
	if (exportKeys()) {
		state_ = State::SECURED;
		return;
	}
	SSL_shutdown(ssl_.get());
	end("the client supports no common SRTP protection profile");
}

void DtlsSession::readRecords() {
	uint8_t ignored[MAX_RECORD];
	int result = 0;
	do result = SSL_read(ssl_.get(), ignored, sizeof ignored);
	while (result > 0);
	const int error = SSL_get_error(ssl_.get(), result);
	if (error == SSL_ERROR_WANT_READ) return;
	if (error == SSL_ERROR_ZERO_RETURN) {
		SSL_shutdown(ssl_.get());
		end("the viewer ended DTLS: close_notify");
	} else {
		fail();
	}
}

void DtlsSession::fail() {
	const unsigned long error = ERR_peek_error();
	const int reason = ERR_GET_REASON(error);
	if (!refusal_.empty()) {
		end(refusal_);
	} else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
		end("the client sent no certificate");
	} else if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
		end("the viewer ended DTLS: " + alertName(reason - SSL_AD_REASON_OFFSET));
	} else {
		const char* const text = ERR_reason_error_string(error);
		end(std::string("the DTLS handshake failed: ") + (text == nullptr ? "no reason is known" : text));
	}
	ERR_clear_error();
}

void DtlsSession::end(std::string reason) {
	state_ = State::CLOSED;
	closeReason_ = std::move(reason);
}

bool DtlsSession::exportKeys() {
	const SRTP_PROTECTION_PROFILE* const chosen = SSL_get_selected_srtp_profile(ssl_.get());
	if (chosen == nullptr) return false;
	material_.profile = static_cast<SrtpProfile>(chosen->id);
	const size_t salt = saltLength(material_.profile);
	Bytes exported(2 * (SRTP_KEY + salt));
	if (SSL_export_keying_material(ssl_.get(), exported.data(), exported.size(), LABEL.data(), LABEL.size(), nullptr, 0,
	                               0) != 1) {
		return false;
	}
	// The client's key, the server's, then the salts (RFC 5764 4.2).
	const uint8_t* position = exported.data();
	for (MasterKey* key : {&material_.remote, &material_.local}) {
		std::copy(position, position + SRTP_KEY, key->key.begin());
		position += SRTP_KEY;
	}
	for (MasterKey* key : {&material_.remote, &material_.local}) {
		std::copy(position, position + salt, key->salt.begin());
		position += salt;
	}
	OPENSSL_cleanse(exported.data(), exported.size());
	return true;
}

}  // namespace dualcast
