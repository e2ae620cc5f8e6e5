#!/bin/sh
# Usage: check_python.sh VERSION TEST...; check_python.py runs it inside the chroot. Tries the wheel
# alone, then runs the tests of the checkout, both with this version of Python.
set -eu
python=$1
shift
env=/venv-$python
pip="$env/bin/python -m pip --quiet --quiet --disable-pip-version-check"

"python$python" -m venv --clear "$env"
rm -rf /wheels
$pip wheel --no-deps --wheel-dir /wheels /edgemood
wheel=$(echo /wheels/edgemood-*.whl)

$pip install --constraint /edgemood/constraints/dev.txt "$wheel"
cd /
packages=$("$env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for name in compression service; do
  [ ! -e "$packages/$name" ] || { echo "the wheel holds $name"; exit 1; }
done
answer=$("$env/bin/edgemood" classify "thank you so much")
case $answer in joy*) ;; *) echo "the default variant answers $answer"; exit 1 ;; esac

$pip install --constraint /edgemood/constraints/dev.txt "$wheel[serve,client,test]"
cd /edgemood
exec "$env/bin/python" -m pytest -q -p no:cacheprovider "$@"
