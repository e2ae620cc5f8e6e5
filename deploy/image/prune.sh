#!/bin/sh
# Takes out of a site-packages folder what no running program reads.
set -eu
find "$1" -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
find "$1" -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' \
  -o -name '*.c' -o -name '*.h' -o -name '*.a' -o -name '*.f' -o -name '*.f90' \) -delete
rm -rf "$1/numpy/f2py" "$1"/numpy/_core/_simd.*.so "$1"/numpy/_core/_*_tests.*.so
# A page of BentoML's that the service does not serve, and colours for source code in any language
# but Python, which tracebacks on a terminal have.
rm -f "$1"/bentoml/_internal/server/static_content/swagger-ui*
# httpx does without its command where that cannot be imported, and a worker without what it brings.
rm -f "$1/httpx/_main.py"
find "$1/pygments/lexers" -name '*.py' -not -name '__init__.py' -not -name '_mapping.py' \
  -not -name 'python.py' -not -name 'special.py' -delete
find "$1" -type f -name '*.so' -not -path '*.libs/*' -exec strip --strip-unneeded {} +
