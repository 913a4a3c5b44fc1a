# Thin names over meson and the test runner. The README's two commands are `make up` and `make test`.
BUILD ?= build
MPCUP = $(BUILD)/mpcup
ALL_PACKAGES = $(shell sed -n 's/^\([a-z0-9][^ ]*\).*/\1/p' packaging/dependencies.txt)
BUILD_PACKAGES = $(shell sed -n '/ tests: /d; s/^\([a-z0-9][^ ]*\).*/\1/p' packaging/dependencies.txt)

.PHONY: all deps deps-build build up down test bench fuzz soak install deb image sbom clean

all: build

# Installs what is missing, and says what is missing when it may not. A program of that name from elsewhere will do: another
# Node.js brings its npm and conflicts with the package.
define install_packages
@missing=; for p in $(1); do \
  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || command -v $$p >/dev/null || missing="$$missing $$p"; \
done; \
[ -z "$$missing" ] && exit 0; \
echo "installing:$$missing"; \
if [ "$$(id -u)" = 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; else \
  echo "these packages are missing and only root can install them: apt-get install$$missing" >&2; exit 3; fi; \
$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null
endef

deps:
	$(call install_packages,$(ALL_PACKAGES))

deps-build:
	$(call install_packages,$(BUILD_PACKAGES))

$(BUILD)/build.ninja:
	meson setup $(BUILD) >/dev/null

build: deps-build
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) >/dev/null
	@ninja -C $(BUILD) mpcup

# The main job: a local network of three nodes from examples/local/network.yaml.
up: build
	cd examples/local && ../../$(MPCUP) up

down:
	cd examples/local && ../../$(MPCUP) down

test: deps
	@python3 tools/run-tests

soak: deps
	@python3 tools/run-tests --soak

bench: build
	@ninja -C $(BUILD) bench/threshold-bench
	@python3 bench/run

fuzz: deps
	@tools/fuzz

# The program, man pages, completions, schema, documents and examples; DESTDIR and meson's prefix hold.
install: build
	@meson install -C $(BUILD) --no-rebuild

# build/deb/mpcup_*.deb, built from a clean copy and checked by lintian.
deb:
	$(call install_packages,$(BUILD_PACKAGES) debhelper lintian)
	@packaging/make-deb $(BUILD)/deb

# Container images of the built-in node and localnet, for `mpcup image import` and for container engines.
image: build
	@packaging/make-image $(MPCUP) node $(BUILD)/mpcup-node.tar
	@packaging/make-image $(MPCUP) localnet $(BUILD)/mpcup-localnet.tar

sbom: build
	@packaging/make-sbom $(MPCUP) > $(BUILD)/mpcup.spdx.json && echo $(BUILD)/mpcup.spdx.json

clean:
	rm -rf build build-*
