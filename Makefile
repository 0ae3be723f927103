# Rederived.  `make book` and `make test` need only Python >= 3.10, pip and make.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
CHAPTER ?= 03
SEEDS   ?= 0 1 2
MINUTES ?= 60
SIDE    ?= 8
TORCH   ?= $(shell sed -n 's/^torch==//p' constraints.txt)
CHAPTERS = $(shell ls book | sed -n 's/^\([0-9][0-9]\)-.*\.md$$/\1/p')
DATA    ?= mnist fashion-mnist cifar10

.DEFAULT_GOAL := help
.PHONY: help book pdf epub notebooks test browser sync run full long data chapter bench breaks mutants trust recheck site dist links clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo "  CHAPTER=03 chooses the chapter of run, full and recheck, SEEDS=\"0 1 2\" the seeds of full,"
	@echo "  MINUTES=60 and SIDE=8 how long the plan runs, and how many processes of it,"
	@echo "  DATA=\"mnist cifar10\" the sets of data, NAME=ninth the new chapter,"
	@echo "  PART=1/3 one third of the breaks,"
	@echo "  PYTHON=python3.12 the interpreter, TORCH=2.12.1 the release of torch."

# One environment for everything; made again when the pins or the dependencies change.
$(STAMP): constraints.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the tested packages into $(VENV) (minutes, the first time)"
	@sed 's/^torch==.*/torch==$(TORCH)/' constraints.txt >$(VENV)/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint $(VENV)/constraints.txt --editable ".[book,test]" "torch==$(TORCH)"
	@touch $@

book: $(STAMP) ## run the chapters that changed and build the site
	$(BIN)/python -m tools.build

pdf: $(STAMP) ## write the built pages as one PDF into dist (needs Chromium)
	$(BIN)/python -m tools.edition pdf

epub: $(STAMP) ## write the built pages as one EPUB into dist (needs Chromium)
	$(BIN)/python -m tools.edition epub

notebooks: $(STAMP) ## write the chapters as plain notebooks, for Colab and others
	$(BIN)/python -m tools.plain

test: export OMP_NUM_THREADS = 1
test: $(STAMP) ## lint, types, unit tests, pair check, chapter regression
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --nbval -n 2 --dist loadfile

browser: $(STAMP) ## read the built pages in a browser (needs Chromium)
	$(BIN)/python -m pip install --quiet --constraint $(VENV)/constraints.txt \
	  --editable ".[browser]"
	$(BIN)/python -m pytest tests/site

sync: $(STAMP) ## renew quoted code, carry the chapters' text into their notebooks
	$(BIN)/python -m tools.excerpts
	$(BIN)/python -m tools.pairs sync

run: $(STAMP) ## run a chapter anew, store its outputs, renew the generated pages
	$(BIN)/python -m tools.execute $(CHAPTER)
	$(BIN)/python -m tools.pages

full: $(STAMP) ## run a chapter's full presets and record them (minutes to hours; resumes)
	$(BIN)/rederived run $(CHAPTER) --profile full $(SEEDS:%=--seed %)
	$(BIN)/rederived record $(CHAPTER) --profile full
	$(BIN)/python -m tools.pages

long: $(STAMP) ## the plan of long runs, SIDE at a time for MINUTES; record, judge (resumes)
	-$(BIN)/rederived run --plan --minutes $(MINUTES) --side-by-side $(SIDE)
	$(BIN)/rederived record --plan
	$(BIN)/rederived plan --judge
	$(MAKE) book

data: $(STAMP) ## load and verify MNIST, Fashion-MNIST and CIFAR-10, or those of DATA
	@for name in $(DATA); do for split in train test; do \
	  $(BIN)/rederived data $$name --split $$split || exit 1; done; done

chapter: $(STAMP) ## lay down a new chapter: make chapter NAME=ninth
	$(BIN)/python -m tools.chapter $(NAME)

bench: $(STAMP) ## time the library against its peers
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[peers]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps timm
	$(BIN)/python -m benchmarks

breaks: $(STAMP) ## break the library on purpose; every break must fail its claim
	$(BIN)/python -m tools.breaks $(PART)

mutants: $(STAMP) ## small errors at random, 15 minutes of them; which do the tests miss?
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[mutants]"
	$(BIN)/python -m tools.mutants

trust: mutants ## all that says how far to trust the book, and its pages (hours)
	$(BIN)/python -m tools.breaks
	$(BIN)/python -m tools.recheck $(CHAPTERS) --record
	$(BIN)/python -m tools.pages

recheck: $(STAMP) ## draw a chapter's records anew; do its verdicts stand? (10 minutes)
	$(BIN)/python -m tools.recheck $(CHAPTER)

site: $(STAMP) ## build the site for its public address, from the stored outputs
	$(BIN)/python -m tools.publish

dist: $(STAMP) ## build sdist, wheel and their checksums
	$(BIN)/python -m tools.distribution

links: $(STAMP) ## try every link that leaves the book
	$(BIN)/python -m tools.links

clean: ## remove what can be made again, but not the environment and the runs
	rm -rf _build build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
