#include "helper_threads.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace dualcast {

void makeHelpersPatient() {
	const auto self = static_cast<pid_t>(syscall(SYS_gettid));
	const sched_param none{};
	std::error_code error;
	for (auto task = std::filesystem::directory_iterator("/proc/self/task", error);
	     !error && task != std::filesystem::directory_iterator(); task.increment(error)) {
		const auto thread = static_cast<pid_t>(std::atoi(task->path().filename().c_str()));
		if (thread != self && thread != getpid()) sched_setscheduler(thread, SCHED_BATCH, &none);
	}
}

}  // namespace dualcast
