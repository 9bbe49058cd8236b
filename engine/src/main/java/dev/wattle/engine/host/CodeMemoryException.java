package dev.wattle.engine.host;
public class CodeMemoryException extends Exception { public CodeMemoryException(String m){super(m);} }
