#include <exception>
#include <iostream>
#include <stdexcept>

#include "check.h"

namespace dualcast::test {

std::vector<Test>& tests() {
	static std::vector<Test> all;
	return all;
}

void check(bool holds, const char* what, const char* file, int line) {
	if (!holds) throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

}  // namespace dualcast::test

int main() {
	int failed = 0;
	for (const auto& test : dualcast::test::tests()) {
		try {
			test.run();
			std::cout << "ok      " << test.name << std::endl;
		} catch (const std::exception& error) {
			failed++;
			std::cout << "FAILED  " << test.name << "\n        " << error.what() << std::endl;
		}
	}
	return failed == 0 ? 0 : 1;
}
