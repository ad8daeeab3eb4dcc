#pragma once

#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <memory>

namespace dualcast {

/**
 * A library context of OpenSSL that has only the algorithms that WebRTC's DTLS uses. OpenSSL 3.0 looks through those of a
 * context for each certificate that it reads: where they are all it knows, that takes a quarter of a handshake.
 */
class WebrtcAlgorithms {
public:
	/** @throws std::runtime_error */
	WebrtcAlgorithms();

	/** What was made of it must end before it, and so must the threads that used it, other than the one that ends it. */
	OSSL_LIB_CTX* context() const { return few_.get(); }

private:
	struct Release {
		void operator()(OSSL_LIB_CTX* context) const { OSSL_LIB_CTX_free(context); }
		void operator()(OSSL_PROVIDER* provider) const { OSSL_PROVIDER_unload(provider); }
	};
	using Context = std::unique_ptr<OSSL_LIB_CTX, Release>;
	using Provider = std::unique_ptr<OSSL_PROVIDER, Release>;

	/** The algorithms belong to this one, and find there what they need themselves. */
	Context whole_;
	Provider all_;
	Context few_;
	Provider selected_;
};

}  // namespace dualcast
