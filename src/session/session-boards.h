/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * Fills host->firmware.menu and board_line from the shipped data/boards and from
 * /etc/vfio-wizard/boards (a file, or a folder of files).  Only what is judged for people needs it:
 * listing devices does not read the files.  A wrong line is noted as broken.
 */
void session_look_up_board(struct host *h);
