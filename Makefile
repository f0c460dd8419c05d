# Worthwhile: `make run` and `make test` are all that a fresh Debian 12 with git, make and Python 3.11 needs.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.11) $(shell command -v python3.11) python3)
PORT ?= 8000
HOST ?= 127.0.0.1
VAR ?= var
DEMO ?= 1
DEMO_LANGUAGE ?= en
export VAR
# Tests start a hundred processes of ours: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
STATIC := $(shell find static -type f)
CATALOGUES := $(shell find locale -name '*.po')

.PHONY: setup run test bench pictures lint format clean

setup: .venv/.stamp locale/.stamp staticfiles/.stamp

# Stamps make a second run quick: each step runs again only when what it reads has changed.
.venv/.stamp: uv.lock pyproject.toml config/bootstrap.py
	@$(PYTHON) config/bootstrap.py
	@touch $@

locale/.stamp: .venv/.stamp $(CATALOGUES)
	@$(BIN)/python -m display.messages compile
	@touch $@

staticfiles/.stamp: .venv/.stamp $(STATIC)
	@SECRET_KEY=collecting COLLECTING=1 $(BIN)/python manage.py collectstatic --noinput --clear -v0 --ignore 'redoc*'
	@touch $@

run: setup
	@exec $(BIN)/python -m config.supervisor --with-parent --host $(HOST) --port $(PORT) $(if $(filter 1,$(DEMO)),--demo=$(DEMO_LANGUAGE))

test: setup
	@$(BIN)/pytest -n $${TEST_PROCESSES:-auto}

bench: setup
	@$(BIN)/python -m benchmarks

pictures: setup
	@$(BIN)/python docs/screenshots.py docs/pictures --only=$(ONLY)

lint: .venv/.stamp
	@! git grep -nE '^(<{7}|>{7}) '  # what a merge leaves where nobody looked
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --output-format concise .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports
	$(BIN)/mypy
	@folder=$$(mktemp -d) && VAR=$$folder $(BIN)/python manage.py makemigrations --check --dry-run; \
	status=$$?; rm -rf $$folder; exit $$status

format: .venv/.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .uv staticfiles locale/.stamp
