/**
 * A shell script that runs one PostgreSQL server and outlives its owner just long enough to clean up after it.
 *
 *     sh -c GUARDIAN_SCRIPT guardian BASE_DIR POSTGRES [ARGUMENTS...]
 *
 * Standard input is the leash: each line is the name of a signal to send to the server. When the leash ends (the owner
 * crashed, was killed with SIGKILL or simply left), the server is stopped at once and BASE_DIR removed; an owner that
 * wants to keep the directory says `keep` before it lets go. Standard output says `started PID`, later `exited STATUS`.
 *
 * Exit handlers in the owner cannot do this: nothing runs in a process that was killed.
 */
export const GUARDIAN_SCRIPT = `
base=$1
shift
trap '' INT HUP TERM PIPE
exec 3<&0
rm -f "$base/exited" "$base/keep"

"$@" </dev/null >&2 &
server=$!
echo "started $server"

(
  tell() { [ -e "$base/exited" ] || kill -s "$1" "$server" 2>/dev/null; }
  while read -r word <&3; do
    if [ "$word" = keep ]; then : >"$base/keep"; else tell "$word"; fi
  done
  tell QUIT
) &
leash=$!

wait "$server"
status=$?
: >"$base/exited"
echo "exited $status" 2>/dev/null
wait "$leash"
[ -e "$base/keep" ] || rm -rf "$base"
exit 0
`;
