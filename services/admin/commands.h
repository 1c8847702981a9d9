/* commands: the subcommands of `redthread`, each in the file of its name. Return: the exit status.
 */
#pragma once

typedef int command(int argc, char **argv); /* argv[0] is the subcommand's name */

command migrate_cmd, key_cmd, config_cmd, health_cmd;                   /* operators */
command train_cmd, evaluate_cmd, classify_cmd, analyze_cmd, search_cmd; /* no database */
command decide_cmd, replay_cmd, learn_cmd;
