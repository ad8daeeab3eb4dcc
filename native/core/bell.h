#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace dualcast {

/**
 * Wakes threads that wait for work, several by one call to the kernel: woken one after another, the first of them may
 * take the processor from the caller, and the others wait until it has done its work.
 */
class Bell {
public:
	/** A bit for each listener; those of the same bit are woken together. */
	using Ears = uint32_t;
	static Ears earOf(uint32_t listener) { return Ears{1} << listener % 32; }

	/** How often it was rung. To be read before looking for work, and then given to `wait`. */
	uint32_t rung() const { return rung_.load(std::memory_order_acquire); }
	/** Wakes everybody who has one of the bits. */
	void ring(Ears ears);
	/** Returns at once if it was rung since `seen`; it may return for no reason. */
	void wait(Ears ear, uint32_t seen, std::optional<std::chrono::milliseconds> timeout = std::nullopt);

private:
	std::atomic<uint32_t> rung_{0};
	static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t), "the kernel looks at the word itself");
};

}  // namespace dualcast
