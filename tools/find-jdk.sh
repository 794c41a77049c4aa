# shellcheck shell=bash
# Sourced by the launchers: prints the home of a JDK of the version Sluice is built with, or says what is missing.

readonly SLUICE_JDK_MAJOR=25

# Prints the major version of the JDK in $1, or nothing.
jdk_major() {
  [ -x "$1/bin/javac" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

find_jdk() {
  local candidate
  for candidate in "${SLUICE_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    if [ -n "$candidate" ] && [ "$(jdk_major "$candidate")" = "$SLUICE_JDK_MAJOR" ]; then
      echo "$candidate"
      return 0
    fi
  done
  echo "Sluice needs JDK $SLUICE_JDK_MAJOR: none in \$SLUICE_JAVA_HOME, \$JAVA_HOME or /usr/lib/jvm. Install Temurin or OpenJDK $SLUICE_JDK_MAJOR, or set SLUICE_JAVA_HOME to one." >&2
  return 1
}
