#!/bin/bash
# As putDockerEnvSettings in EnvironmentAwareCommand.java: a variable with a dot in its name is a setting.
set -euo pipefail
umask 0002
settings=()
while IFS='=' read -r name value; do
  if [[ $name =~ ^[a-z0-9_]+\.[a-z0-9_]+ && -n $value ]]; then settings+=("-E$name=$value"); fi
done < <(env)
exec java -Xms4m -Xmx48m -XX:+UseSerialGC -Dcli.name=server -Dcli.script=elasticsearch -Dcli.libs=lib/tools/server-cli \
  -Des.path.home="$PWD" -Des.path.conf="$PWD/config" -Des.distribution.type=docker \
  -cp 'lib/*:lib/cli-launcher/*' org.elasticsearch.launcher.CliToolLauncher "${settings[@]}"
