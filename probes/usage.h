/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * What the running host does with its devices, one subject each.  All add to pci_device.uses.
 *
 * "only" is set when giving the device away would leave the host without a screen, without its root
 * file system, without its network, or without a keyboard.
 */
void usage_display(struct host *h);
void usage_disks(struct host *h);
void usage_network(struct host *h);
/* Fills net_facts.ssh_interfaces, for usage_network(). */
void usage_find_ssh(struct host *h);
void usage_input(struct host *h);
