# frozen_string_literal: true

# HOSP's contract as a real Rails application: what `rails new` and its scaffolds would make of it, in one file.
#
# Everything that decides how a request is read is stock: the middleware stack with Rack::MethodOverride, wrap_parameters,
# strong parameters, http basic, resources in the router, Puma with the settings of its generator. See README.md.

require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "puma"
require "puma/server"
require "puma/events"
require "socket"
require "tmpdir"
require "json"

port = Integer(ARGV.fetch(0))
control_port = Integer(ARGV.fetch(1))
directory = Dir.mktmpdir("rails-hosp-")
at_exit { FileUtils.remove_entry(directory) if File.directory?(directory) }

class HospApplication < Rails::Application
  config.root = __dir__
  config.eager_load = true
  config.cache_classes = true
  config.consider_all_requests_local = false
  config.action_dispatch.show_exceptions = true
  config.secret_key_base = "x" * 64
  config.hosts.clear
  config.logger = Logger.new(ENV["RAILS_HOSP_LOG"] || IO::NULL)
  config.log_level = :debug
  config.load_defaults 6.1
  # `{"status":404,"error":"Not Found"}` for every client, as was seen of HOSP, and 500 for an unhandled path.
  config.exceptions_app = lambda do |env|
    status = env["PATH_INFO"].delete_prefix("/").to_i
    error = env["action_dispatch.exception"]
    status = 500 if error.is_a?(ActionController::RoutingError) || error.is_a?(ActionController::UnknownHttpMethod)
    body = { status: status, error: Rack::Utils::HTTP_STATUS_CODES.fetch(status, "Internal Server Error") }.to_json
    [status, { "Content-Type" => "application/json; charset=UTF-8", "Content-Length" => body.bytesize.to_s }, [body]]
  end
end

ENV["DATABASE_URL"] = "sqlite3:#{directory}/hosp.sqlite3?pool=16&timeout=10000"
HospApplication.initialize!
# What `rails new` puts into config/initializers/wrap_parameters.rb.
ActionController::Base.wrap_parameters format: [:json]

ActiveRecord::Migration.verbose = false
ActiveRecord::Schema.define do
  create_table(:hospitals) { |t| t.string :name; t.timestamps }
  create_table(:staffs) { |t| t.string :name; t.references :hospital; t.string :password; t.timestamps }
  create_table(:patients) { |t| t.string :name; t.references :hospital; t.date :birthdate; t.timestamps }
  create_table(:notes) do |t|
    t.string :title
    t.text :body
    t.references :patient
    t.references :staff
    t.timestamps
  end
end

class Hospital < ActiveRecord::Base
  validates :name, presence: true
end

class Staff < ActiveRecord::Base
  belongs_to :hospital
  validates :name, presence: true, uniqueness: true
  validates :password, presence: true
end

class Patient < ActiveRecord::Base
  belongs_to :hospital
  validates :name, presence: true
end

class Note < ActiveRecord::Base
  belongs_to :patient
  belongs_to :staff
  validates :title, :body, presence: true
end

FIELDS = {
  Hospital => %i[name], Staff => %i[name hospital_id], Patient => %i[name hospital_id birthdate],
  Note => %i[title body patient_id staff_id]
}.freeze

def view(record, origin)
  FIELDS[record.class].to_h { |field| [field, record[field]] }.then do |values|
    { id: record.id, **values, created_at: record.created_at, updated_at: record.updated_at,
      url: "#{origin}/#{record.class.table_name}/#{record.id}.json" }
  end
end

class ApplicationController < ActionController::Base
  # A scaffold for an interface without cookies.
  skip_forgery_protection
  before_action do
    authenticate_or_request_with_http_basic do |name, password|
      # Rails hands over bytes without an encoding. Other databases compare them; SQLite's adapter raises an error.
      name, password = [name, password].map { |text| text.to_s.dup.force_encoding(Encoding::UTF_8) }
      @staff = Staff.find_by(name: name, password: password) if name.valid_encoding? && password.valid_encoding?
    end
  end

  rescue_from(ActionController::ParameterMissing) { raise ActionController::BadRequest }

  class << self
    attr_accessor :model, :permitted, :filter
  end

  def index
    records = self.class.model.order(id: :desc)
    filter = self.class.filter
    records = records.where(filter => params[filter]) if filter && params[filter].present?
    render json: records.map { |record| view(record, request.base_url) }
  end

  def show
    render json: view(self.class.model.find(params[:id]), request.base_url)
  end

  def create
    record = self.class.model.new(permitted)
    if record.save
      render json: view(record, request.base_url), status: :created, location: record_url(record)
    else
      render json: record.errors, status: :unprocessable_entity
    end
  end

  def update
    record = self.class.model.find(params[:id])
    if record.update(permitted)
      render json: view(record, request.base_url), status: :ok, location: record_url(record)
    else
      render json: record.errors, status: :unprocessable_entity
    end
  end

  def destroy
    self.class.model.find(params[:id]).destroy
    head :no_content
  end

  private

  def permitted
    params.require(self.class.model.model_name.param_key).permit(*self.class.permitted)
  end

  def record_url(record)
    "#{request.base_url}/#{record.class.table_name}/#{record.id}"
  end
end

class HospitalsController < ApplicationController
  self.model = Hospital
  self.permitted = %i[name]
end

class StaffsController < ApplicationController
  self.model = Staff
  self.permitted = %i[name hospital_id password]

  def me
    render json: view(@staff, request.base_url)
  end
end

class PatientsController < ApplicationController
  self.model = Patient
  self.permitted = %i[name hospital_id birthdate]
  self.filter = :hospital_id

  def screen
    Patient.find(params[:id])
    images = params.require(:images)
    raise ActionController::BadRequest unless images.is_a?(Array)

    results = images.map { |image| image.to_s.sum.odd? ? "No abnormality detected" : "Fracture suspected" }
    render json: { overall: results.uniq.join("; "), results: results }
  end
end

class NotesController < ApplicationController
  self.model = Note
  self.permitted = %i[title body patient_id staff_id]
  self.filter = :patient_id
end

HospApplication.routes.draw do
  root to: ->(_env) { [200, { "Content-Type" => "text/html; charset=utf-8" }, ["Server is online."]] }, via: :get
  resources :hospitals, :notes, except: %i[new edit]
  resources(:staffs, except: %i[new edit]) { get :me, on: :collection }
  resources(:patients, except: %i[new edit]) { post :screen, on: :member }
end

# The records that `hosp` starts with (Sources/HospKit/Records/Seed.swift).
def seed
  ActiveRecord::Base.transaction do
    [Note, Patient, Staff, Hospital].each do |model|
      model.delete_all
      ActiveRecord::Base.connection.execute("DELETE FROM sqlite_sequence WHERE name = '#{model.table_name}'")
    end
    clock = Time.at(1_700_000_000).utc
    add = lambda do |model, attributes|
      clock += 60
      model.create!(**attributes, created_at: clock, updated_at: clock)
    end
    ["Northside Animal Hospital", "Harbour Veterinary Clinic", "Meadow Lane Surgery"].each { |n| add.(Hospital, { name: n }) }
    (1..40).each do |n|
      add.(Staff, { name: "staff#{n}", password: "secret#{n}", hospital_id: 1 + (n - 1) % 3 })
    end
    animals = %w[Bella Max Luna Charlie Coco Rocky Daisy Milo Nala Oscar Ruby Toby]
    (1..60).each do |n|
      born = format("%d-%02d-%02d", 2010 + n % 13, 1 + n % 12, 1 + n % 28)
      add.(Patient, { name: "#{animals[(n - 1) % animals.size]} #{n}", hospital_id: 1 + (n - 1) % 3, birthdate: born })
    end
    titles = ["Vaccination", "X-ray review", "Dental check", "Follow-up", "Surgery report"]
    (1..80).each do |n|
      add.(Note, { title: "#{titles[(n - 1) % titles.size]} #{n}",
                   body: "Note #{n}: examined, findings recorded, owner informed.",
                   patient_id: 1 + (n * 7) % 60, staff_id: 1 + (n * 3) % 40 })
    end
  end
end

# Rows as they are: a dump of some thousand notes after each request must not take longer than the request.
def dump
  ActiveRecord::Base.connection_pool.with_connection do |connection|
    FIELDS.to_h do |model, fields|
      rows = connection.select_all("SELECT * FROM #{model.table_name} ORDER BY id").to_a
      [model.table_name, rows.map do |row|
        times = %w[created_at updated_at].to_h { |name| [name, "#{row[name].to_s.tr(" ", "T").then { |at| at.include?(".") ? at : "#{at}.000" }[0, 23]}Z"] }
        { "id" => row["id"], **row.slice(*fields.map(&:to_s)), **times,
          "url" => "http://hosp/#{model.table_name}/#{row["id"]}.json" }
      end]
    end
  end
end

# GET /records, in the form of hosp's control port. No password: loopback only.
def control(port)
  server = TCPServer.new("127.0.0.1", port)
  Thread.new do
    loop do
      client = server.accept
      line = client.gets.to_s
      nil until client.gets.to_s.strip.empty?
      body, status = if line.start_with?("GET /records ")
                       [JSON.generate(dump), "200 OK"]
                     else
                       ['{"error":"GET /records is all there is"}', "404 Not Found"]
                     end
      client.write("HTTP/1.1 #{status}\r\nContent-Type: application/json\r\nContent-Length: #{body.bytesize}\r\n" \
                   "Connection: close\r\n\r\n#{body}")
    rescue SystemCallError, IOError
      nil
    ensure
      client&.close
    end
  end
end

seed
control(control_port)
server = Puma::Server.new(HospApplication, Puma::Events.strings, min_threads: 5, max_threads: 5)
server.add_tcp_listener("127.0.0.1", port)
trap("TERM") { Thread.new { server.stop(true); exit } }
trap("INT") { Thread.new { server.stop(true); exit } }
thread = server.run
puts "rails-hosp: ready on http://127.0.0.1:#{port}, control port http://127.0.0.1:#{control_port}, " \
     "Rails #{Rails.version}, Rack #{Rack.release}, Puma #{Puma::Const::PUMA_VERSION}"
$stdout.flush
thread.join
