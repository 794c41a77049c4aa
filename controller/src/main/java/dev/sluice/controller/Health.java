package dev.sluice.controller;

/**
 * What a node says of something that it has: a port, a service instance, or itself.
 *
 * @param node its name
 * @param good whether the port is up, the instance alive, the node connected
 * @param message why not, or what else a person should know; may be empty
 */
public record Health(String node, boolean good, String message) {}
