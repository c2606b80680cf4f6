# Every target is a script in scripts/, which says what it does while it does it.

PREFIX ?= /usr/local

.PHONY: help demo test build install lint bench fuzz torture clean

help:
	@echo 'make demo            build, then a hub and three branches on this machine: the short tour'
	@echo 'make test            build, then every test, then the simulator'
	@echo 'make build           build the program for use: .build/release/tributary'
	@echo 'make install         build, then copy it to $$(PREFIX)/bin (PREFIX=$(PREFIX))'
	@echo 'make lint            the format of the sources, and the syntax of the scripts'
	@echo 'make bench           the figures of docs/operations.md, measured on this machine'
	@echo 'make fuzz            what must hold for any bytes, against bytes made up (TARGET=… SECONDS=60)'
	@echo 'make torture         kill everything, thousands of times; nothing acknowledged may be lost'
	@echo 'make clean           remove everything that was built'

demo:
	@scripts/demo

test:
	@scripts/test

build:
	@scripts/build

install:
	@scripts/install '$(PREFIX)'

lint:
	@scripts/lint

bench:
	@scripts/bench

fuzz:
	@scripts/fuzz '$(SECONDS)' $(TARGET)

torture:
	@scripts/torture

clean:
	@rm -rf .build .build-* Benchmarks/.build Fuzz/.build
	@echo 'Removed what was built.'
