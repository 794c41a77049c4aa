package dev.sluice.lab.planted;

import picocli.CommandLine;

/** A lab that depends on the command. */
public record CommandCaller(CommandLine line) {}
