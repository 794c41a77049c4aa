package dev.sluice.manager.planted;

import picocli.CommandLine;

/** A manager that parses command lines. */
public record CommandServer(CommandLine line) {}
