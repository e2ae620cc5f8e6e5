#!/bin/sh
# Removes files that no running program reads from a site-packages folder.
set -eu
find "$1" -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
find "$1" -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' \
  -o -name '*.c' -o -name '*.h' -o -name '*.a' -o -name '*.f' -o -name '*.f90' \) -delete
rm -rf "$1/numpy/f2py" "$1"/numpy/_core/_simd.*.so "$1"/numpy/_core/_*_tests.*.so
# BentoML's Swagger page, which the service does not serve, and syntax colours for languages other than
# Python; Python's are used for tracebacks.
rm -f "$1"/bentoml/_internal/server/static_content/swagger-ui*
# httpx works without its command-line module, which would load packages that a worker does not need.
rm -f "$1/httpx/_main.py"
find "$1/pygments/lexers" -name '*.py' -not -name '__init__.py' -not -name '_mapping.py' \
  -not -name 'python.py' -not -name 'special.py' -delete
find "$1" -type f -name '*.so' -not -path '*.libs/*' -exec strip --strip-unneeded {} +
