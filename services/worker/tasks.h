/* tasks: what each lane does with a job, in the file of its name. */
#pragma once
#include "lane.h"

task_run deliver_run; /* deliver.c: a message to its channel's endpoint */
task_run askbot_run;  /* askbot.c: a question to a bot, its answer into a turn */
task_run ring_run;    /* ring.c: a timer that is due */
