# venv: Python packages in an environment of their own. Environments do not move: each is built at its
# final path, NAME.versions/DIGEST-PYTHON, and NAME is a symlink to the one in use.

# venv_observe (NAME PYTHON)...: the Python version, what the environment was built from, and which packages came or
# went since; no Python is started.
venv_observe() {
    while [ $# -gt 0 ]; do
        mf_python=$(readlink -f -- "$2")
        printf '%s\0' "$1" "python=${mf_python##*/}"
        if [ -L "$1" ]; then
            printf '%s\0' "target=$(readlink -- "$1")"
            if [ -r "$1/matrixform-python" ]; then
                mf_built=$(peek "$1/matrixform-python" 4096)
                printf '%s\0' "built=${mf_built%%
*}"
            fi
            [ ! -r "$1/matrixform-packages" ] || printf '%s\0' "packages=$(peek "$1/matrixform-packages" 1048576)"
            [ ! -r "$1/matrixform-installed" ] || printf '%s\0' "changed=$(venv_changed "$1")"
        fi
        printf '\0'
        shift 2
    done
}

# venv_names DIRECTORY: the installed packages with their versions, by the names of their metadata.
venv_names() (
    for mf_directory in "$1"/lib/python*/site-packages/*.dist-info; do
        printf '%s\n' "${mf_directory##*/}"
    done
)

# venv_changed DIRECTORY: packages present but not installed by the build, or the reverse.
venv_changed() {
    mf_names=$(venv_names "$1")
    mf_installed=$(peek "$1/matrixform-installed" 1048576)
    # Written by the same function: usually the same text.
    [ "$mf_names" = "$mf_installed" ] || printf '%s\n' "$mf_names" "$mf_installed" | sort | uniq -u | tr '\n' ' '
}

# venv_prepare NAME PYTHON DIGEST IMPORTS PACKAGE...: builds and tests one beside the one in use; survives a lost
# connection. IMPORTS are modules to try, separated by commas.
venv_prepare() {
    [ ! -d "$1" ] || [ -L "$1" ] || { fail "there is a directory at $1"; return; }
    survive venv '' venv_converge "$@"
}

# venv_begin NAME PYTHON DIGEST IMPORTS PACKAGE...: begins that, and does not wait for it.
venv_begin() {
    [ ! -d "$1" ] || [ -L "$1" ] || return 0
    survive_begin venv venv_converge "$@"
}

# venv_converge NAME PYTHON DIGEST IMPORTS PACKAGE...: a complete environment (from an earlier run, or one in use
# before) is reused as it is. Of the others only the one in use is kept, and those of an unfinished switch.
venv_converge() {
    umask 022
    mf_name=$1 mf_python=$2 mf_digest=$3 mf_imports=$4
    shift 4
    venv_place "${mf_name%/*}" || return
    mf_before=$(readlink -- "$mf_name")
    venv_target || return
    if ! venv_is_whole "$mf_target"; then
        venv_build "$mf_target" "$@" || { rm -rf -- "$mf_target"; fail "could not build $mf_name"; return; }
    fi
    venv_forget "$mf_target" "$mf_before"
}

# venv_target: the path where the environment of mf_name, mf_python, mf_digest is or will be built. The one in use is
# not touched while it is.
venv_target() {
    mf_real=$(readlink -f -- "$mf_python")
    [ -x "$mf_real" ] || { fail "$mf_python is missing: apt-get install python3-venv"; return; }
    mf_target=$mf_name.versions/$mf_digest-${mf_real##*/}
    venv_is_whole "$mf_target" && return
    if venv_is_whole "$mf_target.again" || [ "$(readlink -- "$mf_name")" = "$mf_target" ]; then
        mf_target=$mf_target.again
    fi
}

# venv_switch NAME PYTHON DIGEST: points NAME to the environment built beside it.
venv_switch() {
    mf_name=$1 mf_python=$2 mf_digest=$3
    venv_target || return
    venv_is_whole "$mf_target" || { fail "there is no environment at $mf_target"; return; }
    symlink_write "$mf_name" "$mf_target"
}

# venv_place DIRECTORY: creates it if necessary. Root runs the programs in it, so nobody else may be able to write to
# it.
venv_place() {
    mf_there=$1
    until [ -d "$mf_there/" ]; do
        mf_there=${mf_there%/*}
    done
    enter_trusted "$mf_there" || return
    mkdir -p -- "$1/" || { unwritten "$1/"; return; }
    cd /
}

# venv_is_whole DIRECTORY: whether the build completed and nobody changed it since.
venv_is_whole() {
    [ -f "$1/matrixform-installed" ] && [ -x "$1/bin/python" ] && [ -z "$(venv_changed "$1")" ]
}

# venv_build DIRECTORY PACKAGE...: the completion mark comes last, after everything else is on disk. pip compiles one
# file after the other, which takes longer than all the rest: here it runs on all processors.
venv_build() {
    mf_directory=$1
    shift
    unset PYTHONPATH PYTHONHOME
    rm -rf -- "$mf_directory" && mkdir -p -- "${mf_directory%/*}" || return
    "$mf_python" -m venv -- "$mf_directory" || return
    PIP_ROOT_USER_ACTION=ignore "$mf_directory/bin/python" -m pip --no-input --disable-pip-version-check install \
        --no-compile --progress-bar off -- "$@" || return
    printf '%s\n' 'compiling'
    # Some packages contain files that no Python can compile: they fail when used, if ever.
    (cd / && "$mf_directory/bin/python" -m compileall -qq -j 0 "$mf_directory/lib") || :
    venv_works "$mf_directory" || return
    printf '%s\n' "$mf_python ${mf_real##*/}" >"$mf_directory/matrixform-python" &&
        printf '%s\n' "$@" >"$mf_directory/matrixform-packages" && sync -f -- "$mf_directory" || return
    venv_names "$mf_directory" >"$mf_directory/matrixform-installed" && sync -- "$mf_directory/matrixform-installed"
}

# venv_works DIRECTORY: whether it is complete and its modules can be imported.
venv_works() {
    "$1/bin/python" -m pip --disable-pip-version-check check &
    mf_check=$!
    mf_result=0
    [ -z "$mf_imports" ] || (cd / && "$1/bin/python" -c "import $mf_imports") || mf_result=1
    wait "$mf_check" && return "$mf_result"
}

# venv_forget DIRECTORY BEFORE: of the older environments keeps only the previous one, and those that an unfinished
# switch would go back to.
venv_forget() {
    mf_kept=$(
        for mf_link in "$mf_switches"/[0-9]*/part-*/*.old; do
            [ ! -L "$mf_link" ] || readlink -- "$mf_link"
        done
    )
    for mf_old in "${1%/*}"/*; do
        printf '%s\n' "$1" "$2" "$mf_kept" | grep -qxF -- "$mf_old" || rm -rf -- "$mf_old"
    done
}
