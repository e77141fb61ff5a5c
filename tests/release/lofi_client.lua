-- A client of the daemon in Neovim: starts it as lofi.nvim does, plays one track, cancels another, and writes down what it heard.

local said = { progress = {} }
local waiting, half = {}, ""
local number = 0

local function hear(line)
  local message = vim.json.decode(line)
  if message.id then
    waiting[message.id] = message.result or { error = message.error }
  elseif message.method == "generation_progress" then
    if message.params.track_id == said.answer.track_id then
      table.insert(said.progress, message.params.percent)
    else
      said.second_began = true
    end
  else
    said[message.method:gsub("generation_", "")] = message.params
  end
end

local job = vim.fn.jobstart({ vim.env.LOFI_PROGRAM, "--daemon" }, {
  stdin = "pipe",
  on_stdout = function(_, data)
    half = half .. data[1]
    for i = 2, #data do
      if half ~= "" then
        hear(half)
      end
      half = data[i]
    end
  end,
  on_exit = function(_, code)
    said.exit = code
  end,
})

local function await(what, fits)
  if not vim.wait(400000, fits, 20) then
    io.stderr:write("waited in vain for " .. what .. "\n")
    vim.cmd("cquit 1")
  end
end

local function ask(method, params)
  number = number + 1
  local mine = number
  local request = { jsonrpc = "2.0", id = mine, method = method, params = params or {} }
  vim.fn.chansend(job, vim.json.encode(request) .. "\n")
  await(method, function()
    return waiting[mine] ~= nil
  end)
  return waiting[mine]
end

said.backend = ask("get_backends").backends[2].status
said.answer = ask("generate", { prompt = "lofi, rainy, rhodes", duration_sec = 5, priority = "normal", backend = "ace_step" })
await("the track", function()
  return said.complete ~= nil
end)
said.second = ask("generate", { prompt = "house, piano", duration_sec = 10, backend = "ace_step", inference_steps = 150 })
await("its progress", function()
  return said.second_began
end)
said.cancel = ask("cancel", { track_id = said.second.track_id })
await("the end of it", function()
  return said.cancelled ~= nil
end)
vim.fn.chanclose(job, "stdin")
await("the daemon", function()
  return said.exit ~= nil
end)
vim.fn.writefile({ vim.json.encode(said) }, vim.env.LOFI_SAID)
vim.cmd("qall!")
