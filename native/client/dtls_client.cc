#include "dtls_client.h"

#include <openssl/err.h>

#include <algorithm>
#include <string_view>

namespace dualcast {

SslContext makeDtlsClientContext(const SelfSigned& own, const char* profiles) {
	SslContext context(SSL_CTX_new(DTLS_client_method()));
	SSL_CTX* const ctx = context.get();
	SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
	SSL_CTX_set_tlsext_use_srtp(ctx, profiles);
	SSL_CTX_use_certificate_ASN1(ctx, static_cast<int>(own.certificate.size()), own.certificate.data());
	const uint8_t* position = own.privateKey.data();
	EVP_PKEY* const key = d2i_AutoPrivateKey(nullptr, &position, static_cast<long>(own.privateKey.size()));
	SSL_CTX_use_PrivateKey(ctx, key);
	EVP_PKEY_free(key);
	return context;
}

DtlsClient::DtlsClient(SSL_CTX* context) : ssl_(SSL_new(context)) {
	bio_.attach(ssl_.get());
	SSL_set_connect_state(ssl_.get());
	SSL_set_mtu(ssl_.get(), 1200);
}

void DtlsClient::receive(View datagram) {
	if (ended_) return;
	ERR_clear_error();
	bio_.offer(datagram);
	int result = 0;
	if (!connected_) {
		result = SSL_connect(ssl_.get());
		connected_ = result == 1;
	}
	if (connected_) {
		uint8_t ignored[2048];
		result = SSL_read(ssl_.get(), ignored, sizeof ignored);
	}
	if (result <= 0 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) ended_ = true;
	bio_.clear();
}

SrtpMaterial DtlsClient::material() const {
	constexpr std::string_view LABEL = "EXTRACTOR-dtls_srtp";
	SrtpMaterial material;
	material.profile = static_cast<SrtpProfile>(SSL_get_selected_srtp_profile(ssl_.get())->id);
	const size_t salt = saltLength(material.profile);
	Bytes exported(2 * (SRTP_KEY + salt));
	SSL_export_keying_material(ssl_.get(), exported.data(), exported.size(), LABEL.data(), LABEL.size(), nullptr, 0, 0);
	const uint8_t* const keys = exported.data();
	std::copy(keys, keys + SRTP_KEY, material.local.key.begin());
	std::copy(keys + SRTP_KEY, keys + 2 * SRTP_KEY, material.remote.key.begin());
	const uint8_t* const salts = keys + 2 * SRTP_KEY;
	std::copy(salts, salts + salt, material.local.salt.begin());
	std::copy(salts + salt, salts + 2 * salt, material.remote.salt.begin());
	return material;
}

}  // namespace dualcast
