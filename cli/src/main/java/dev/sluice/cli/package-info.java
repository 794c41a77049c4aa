/**
 * The {@code sluice} command.
 *
 * <p>Purpose: turn words of a command line into calls of the layers below, and their answers into tables for people or JSON for programs.
 * Place: on top of everything that runs; nothing uses it. Threads: the main thread; {@code run} and {@code lab up} hold it until a signal
 * ends the process. Specification: docs/reference/command-line.md, which is generated from the annotations here. Start reading at
 * {@link dev.sluice.cli.Main}, then one command, e.g. {@link dev.sluice.cli.ValidateCommand}.
 */
@NullMarked
package dev.sluice.cli;

import org.jspecify.annotations.NullMarked;
