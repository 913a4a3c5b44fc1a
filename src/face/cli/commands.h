/* The rows of the table of commands, one file per command or family. */
#pragma once
#include "face/cli/cli.h"

extern const struct command command_init, command_keys_generate, command_keys_show,
	command_keys_verify, command_synth, command_check, command_explain, command_graph, command_up, command_sign, command_status,
	command_events, command_diagnose, command_logs, command_stop_task, command_restart,
	command_endpoints, command_secrets_status, command_secrets_push, command_down, command_cloud_start, command_cloud_stop, command_cloud_status, command_cloud_credentials,
	command_cloud_reset, command_cloud_coverage, command_cloud_run, command_node, command_localnet, command_completion,
	command_image_import, command_image_list, command_image_remove,
	command_man, command_schema, command_help;
