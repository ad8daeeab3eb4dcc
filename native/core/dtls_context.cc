#include "dtls_context.h"

#include <openssl/x509.h>

#include <stdexcept>

#include "dtls_session.h"
#include "limits.h"

namespace dualcast {
namespace {

constexpr const char* CIPHERS =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384";
constexpr const char* GROUPS = "X25519:P-256";
/** The cheapest first: in GCM one pass encrypts and signs. */
constexpr const char* SRTP_PROFILES = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

void require(bool done, const char* what) {
	if (!done) throw std::invalid_argument(what);
}

}  // namespace

SslContext makeDtlsServerContext(const WebrtcAlgorithms& algorithms, View certificate, View privateKey) {
	SslContext context(SSL_CTX_new_ex(algorithms.context(), nullptr, DTLS_server_method()));
	require(context != nullptr, "no DTLS");
	SSL_CTX* const ctx = context.get();
	SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	                             SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_QUERY_MTU);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_max_cert_list(ctx, limits::MAX_HANDSHAKE_MESSAGE);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
	SSL_CTX_set_cert_verify_callback(ctx, DtlsSession::verifyCertificate, nullptr);
	require(SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1, "no cipher suite");
	require(SSL_CTX_set1_groups_list(ctx, GROUPS) == 1, "no elliptic curve");
	// This function alone returns 0 when it is done.
	require(SSL_CTX_set_tlsext_use_srtp(ctx, SRTP_PROFILES) == 0, "no SRTP protection profile");

	const bool hasCertificate =
	    SSL_CTX_use_certificate_ASN1(ctx, static_cast<int>(certificate.size), certificate.data) == 1;
	require(hasCertificate, "the certificate cannot be read");
	const uint8_t* position = privateKey.data;
	const auto length = static_cast<long>(privateKey.size);
	EVP_PKEY* const key = d2i_AutoPrivateKey_ex(nullptr, &position, length, algorithms.context(), nullptr);
	const bool hasKey = key != nullptr && SSL_CTX_use_PrivateKey(ctx, key) == 1;
	EVP_PKEY_free(key);
	require(hasKey, "the private key cannot be used");
	return context;
}

}  // namespace dualcast
