const OLDER = 'frameworks/older'
const NEST_10 = 'frameworks/nest-10'
const nest = (platform: 'express' | 'fastify') => [
  '@nestjs/common',
  '@nestjs/core',
  `@nestjs/platform-${platform}`,
  'reflect-metadata',
  'rxjs',
]
const express = ['express']
const expressPlugins = ['cookie-parser', 'express-session']
const fastifyPlugins = ['@fastify/cookie', '@fastify/session']
const koa = ['koa', 'koa-session', '@koa/router']
const hono = ['hono', '@hono/node-server']

/** A framework at one of the major versions that the packages allow, with its session and cookie plugins. */
export interface Framework {
  name: string
  /** Script in `fixtures` that serves the app. */
  app: string
  /** The packages it needs, by the folder of the workspace package that depends on them. */
  packages: Readonly<Record<string, readonly string[]>>
}

export const FRAMEWORKS: readonly Framework[] = [
  { name: 'Express 5', app: 'express', packages: { '.': [...express, ...expressPlugins] } },
  { name: 'Express 4', app: 'express', packages: { '.': expressPlugins, [OLDER]: express } },
  { name: 'Fastify 5', app: 'fastify', packages: { '.': ['fastify', ...fastifyPlugins] } },
  { name: 'Fastify 4', app: 'fastify', packages: { [OLDER]: ['fastify', ...fastifyPlugins] } },
  { name: 'Koa 3', app: 'koa', packages: { '.': koa } },
  { name: 'Koa 2', app: 'koa', packages: { [OLDER]: koa } },
  { name: 'Hono 4', app: 'hono', packages: { '.': hono } },
  { name: 'Hono 3', app: 'hono', packages: { [OLDER]: hono } },
  {
    name: 'Nest 12 on Express',
    app: 'nest-express',
    packages: { '.': [...nest('express'), ...expressPlugins] },
  },
  {
    name: 'Nest 12 on Fastify',
    app: 'nest-fastify',
    packages: { '.': [...nest('fastify'), ...fastifyPlugins] },
  },
  {
    name: 'Nest 11 on Express',
    app: 'nest-express',
    packages: { '.': expressPlugins, [OLDER]: nest('express') },
  },
  {
    name: 'Nest 11 on Fastify',
    app: 'nest-fastify',
    packages: { '.': fastifyPlugins, [OLDER]: nest('fastify') },
  },
  {
    name: 'Nest 10 on Express',
    app: 'nest-express',
    packages: { '.': expressPlugins, [NEST_10]: nest('express') },
  },
  {
    name: 'Nest 10 on Fastify',
    app: 'nest-fastify',
    packages: { [NEST_10]: nest('fastify'), [OLDER]: fastifyPlugins },
  },
]
