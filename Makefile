# make demo: the notebook page.  make test: everything.  Both set up what they need by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find src js/src js/build demo/src demo/index.html demo/gallery.html demo/gallery.css demo/examples -type f -not -path '*/_vendor/*' -not -name '*.pyc' 2>/dev/null)

.PHONY: demo test test-unit test-node test-browser browsers lint format docs bench build clean

demo: build/page
	$(BIN)/python demo/serve.py $(DEMO)

# Node waits for servers now and then, so that unit tests fit beside it; browsers have the machine to themselves.
test:
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-node test-unit
	$(MAKE) --no-print-directory test-browser
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

test-unit: build/python build/node
	$(BIN)/coverage run -m pytest tests/unit -n auto --dist loadfile $(PYTEST)

test-node: build/page
	WASMINSTALL_CACHE=$$(mktemp -d) npm test --silent
	$(BIN)/coverage run -m pytest tests/node -n auto --dist loadfile $(PYTEST)

test-browser: build/page browsers
	$(BIN)/coverage run -m pytest tests/browser -n 2 --dist loadfile --reruns 1 $(PYTEST)

lint: build/page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	npm run --silent lint
	npm run --silent typecheck

format: build/python build/node
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	npm run --silent format

docs: build/python build/node
	$(BIN)/mkdocs build --strict

bench: build/page browsers
	command -v openssl >/dev/null || .ci/apt openssl
	PYTHONPATH=tests:demo $(BIN)/python tests/bench/install_pandas.py
	PYTHONPATH=tests:demo $(BIN)/python tests/bench/resolve.py
	PYTHONPATH=tests:demo $(BIN)/python tests/bench/install_set.py
	PYTHONPATH=tests:demo $(BIN)/python tests/bench/placing.py
	PYTHONPATH=tests:demo $(BIN)/python tests/bench/start.py
	PYTHONPATH=tests:demo $(BIN)/python tests/bench/first_output.py
	PYTHONPATH=tests:demo $(BIN)/python tests/bench/instant.py
	PYTHONPATH=tests:demo $(BIN)/python tests/bench/notebook.py

build: build/page

browsers:
	.ci/browser

# Each step leaves a stamp, so that a second `make` starts at once.

build/python: pyproject.toml hatch_build.py src/wasminstall/__init__.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { .ci/apt python3-venv && $(PYTHON) -m venv --clear $(VENV); }
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[serve]' --group test --group lint --group docs
	mkdir -p build && touch $@

build/node: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	mkdir -p build && touch $@

# Of what cannot be had pages compile the first import themselves.
build/wheels: build/python build/node demo/mirror.py
	rm -rf $@
	-$(BIN)/python demo/mirror.py node_modules/pyodide/pyodide-lock.json $@ numpy pandas matplotlib
	mkdir -p $@ && touch $@

build/page: build/python build/node build/wheels $(SOURCES)
	rm -rf dist js/dist demo/dist
	node js/build/page.mjs
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	npm run --silent build
	# Once more, with what that made for the commands `bundle` and `serve`; js/dist keeps the one that pages load.
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	node demo/build.mjs
	touch $@

clean:
	rm -rf build dist js/dist demo/dist site .coverage .coverage.* .venv node_modules
