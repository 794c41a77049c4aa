package dev.sluice.agent.planted;

import picocli.CommandLine;

/** A node that parses command lines. */
public record CommandReader(CommandLine line) {}
