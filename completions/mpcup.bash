# bash completion of mpcup, made by: mpcup completion bash
_mpcup() {
	local current=${COMP_WORDS[COMP_CWORD]} words="${COMP_WORDS[*]:1:COMP_CWORD-1}" options= commands=
	case "$words" in
	'init'|'init '*) options=' --nodes --name --json --quiet --help';;
	'keys generate'|'keys generate '*) options=' --directory --json --quiet --help';;
	'keys show'|'keys show '*) options=' --directory --json --quiet --help';;
	'keys verify'|'keys verify '*) options=' --directory --json --quiet --help';;
	'synth'|'synth '*) options=' --pattern --base --yaml --output --json --quiet --help';;
	'check'|'check '*) options=' --params --param --node-profile --sarif --baseline --write-baseline --reason --stack --lookup --target --profile --region --endpoint-url --json --quiet --help';;
	'explain'|'explain '*) options=' --markdown --json --quiet --help';;
	'graph'|'graph '*) options=' --output --format --params --param --stack --target --profile --region --endpoint-url --json --quiet --help';;
	'up'|'up '*) options=' --stack --params --param --image --chain-key --node-profile --no-lookup --force --no-rollback --timeout --target --profile --region --endpoint-url --json --quiet --help';;
	'sign'|'sign '*) options=' --path --domain --message --keccak --sha256 --predecessor --key --rpc --contract --timeout --stack --target --profile --region --endpoint-url --json --quiet --help';;
	'status'|'status '*) options=' --stack --target --profile --region --endpoint-url --json --quiet --help';;
	'events'|'events '*) options=' --stack --save --target --profile --region --endpoint-url --json --quiet --help';;
	'diagnose'|'diagnose '*) options=' --stack --from --template --fix --yes --target --profile --region --endpoint-url --json --quiet --help';;
	'logs'|'logs '*) options=' --follow --stack --target --profile --region --endpoint-url --json --quiet --help';;
	'endpoints'|'endpoints '*) options=' --env --stack --target --profile --region --endpoint-url --json --quiet --help';;
	'secrets status'|'secrets status '*) options=' --stack --directory --target --profile --region --endpoint-url --json --quiet --help';;
	'secrets push'|'secrets push '*) options=' --stack --directory --yes --restart --target --profile --region --endpoint-url --json --quiet --help';;
	'stop-task'|'stop-task '*) options=' --keep-stopped --all --no-wait --timeout --stack --target --profile --region --endpoint-url --json --quiet --help';;
	'restart'|'restart '*) options=' --at-once --all --no-wait --timeout --stack --target --profile --region --endpoint-url --json --quiet --help';;
	'down'|'down '*) options=' --stack --purge --yes --target --profile --region --endpoint-url --json --quiet --help';;
	'cloud start'|'cloud start '*) options=' --verify-signatures --any-credentials --json --quiet --help';;
	'cloud stop'|'cloud stop '*) options=' --json --quiet --help';;
	'cloud status'|'cloud status '*) options=' --json --quiet --help';;
	'cloud credentials'|'cloud credentials '*) options=' --new --env --json --quiet --help';;
	'cloud reset'|'cloud reset '*) options=' --yes --json --quiet --help';;
	'cloud coverage'|'cloud coverage '*) options=' --json --quiet --help';;
	'cloud run'|'cloud run '*) options=' --state-dir --port --ready-fd --verify-signatures --any-credentials --json --quiet --help';;
	'image import'|'image import '*) options=' --name --json --quiet --help';;
	'image list'|'image list '*) options=' --json --quiet --help';;
	'image remove'|'image remove '*) options=' --json --quiet --help';;
	'node'|'node '*) options=' --quiet --help';;
	'localnet'|'localnet '*) options=' --quiet --help';;
	'completion'|'completion '*) options=' --quiet --help';;
	'man'|'man '*) options=' --quiet --help';;
	'schema'|'schema '*) options=' --json --quiet --help';;
	'help'|'help '*) options=' --quiet --help';;
	esac
	commands='init
keys generate
keys show
keys verify
synth
check
explain
graph
up
sign
status
events
diagnose
logs
endpoints
secrets status
secrets push
stop-task
restart
down
cloud start
cloud stop
cloud status
cloud credentials
cloud reset
cloud coverage
cloud run
image import
image list
image remove
node
localnet
completion
man
schema
help'
	if [[ -n $options && $current == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current")); return; fi
	if [[ -n $options ]]; then COMPREPLY=($(compgen -f -- "$current")); return; fi
	local line; COMPREPLY=()
	while read -r line; do
		if [[ -z $words ]]; then COMPREPLY+=($(compgen -W "${line%% *}" -- "$current"))
		elif [[ $line == "$words "* ]]; then COMPREPLY+=($(compgen -W "${line#"$words "}" -- "$current")); fi
	done <<<"$commands"
}
complete -o filenames -F _mpcup mpcup
